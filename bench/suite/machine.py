# SPDX-License-Identifier: Apache-2.0
"""Where and when a run was taken, and with which versions: what a figure means nothing without."""
import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

from running import ROOT


def first_line(*command):
    """The first line that a program says; None where it is not there."""
    try:
        ended = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = ended.stdout.strip().splitlines()
    return lines[0] if ended.returncode == 0 and lines else None


def content(path):
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return ""


def revision():
    """The commit, with a + where the tree has changes beside it."""
    commit = first_line("git", "rev-parse", "--short=10", "HEAD")
    if commit is None:
        return "unknown"
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no", "--", ".",
                         ":!bench/history.csv", ":!docs", ":!README.md")
    return commit + ("+" if changed else "")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def load():
    return " ".join(content("/proc/loadavg").split()[:3])


def processor():
    found = re.search(r"^model name\s*: (.*)$", content("/proc/cpuinfo"), re.M)
    return found[1] if found else platform.machine()


def machine():
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', content("/etc/os-release"), re.M)
    huge = re.search(r"\[(\w+)\]", content("/sys/kernel/mm/transparent_hugepage/enabled"))
    refused = re.search(r"^THP_enabled:\s*0$", content("/proc/self/status"), re.M)  # by prctl, for us alone
    return {
        "processor": processor(), "cpus": len(os.sched_getaffinity(0)),
        "kernel": f"{platform.system()} {platform.release()}",
        "system": system[1] if system else "unknown",
        "transparent_huge_pages": "never" if refused else huge[1] if huge else "none",
    }


def missing(facts):
    """What this machine lacks and a reader must know of, a sentence each."""
    sentences = []
    if facts["cpus"] < 2:
        sentences.append("one CPU: no figures with the server on a CPU of its own")
    if facts["transparent_huge_pages"] in ("none", "never"):
        sentences.append("no huge pages: large events of runtimes that ask for them may cost more here")
    return sentences


def pinned(path, pattern):
    found = re.search(pattern, content(ROOT / path), re.M)
    return found[1] if found else "unknown"


def versions(families):
    """Of the toolchains and clients; those of the families that are measured."""
    known = {"zig": pinned("third_party/zig.txt", r"^ziglang==(\S+)")}
    of_family = {
        "rust": lambda: {"rustc": first_line("rustc", "--version"), "lambda_runtime": pinned(
            "bench/peers/rust/Cargo.lock", r'name = "lambda_runtime"\nversion = "([^"]*)"'),
            "aws_lambda_events": pinned(
            "bench/peers/rust/Cargo.lock", r'name = "aws_lambda_events"\nversion = "([^"]*)"')},
        "go": lambda: {"go": first_line("go", "version"), "aws-lambda-go": pinned(
            "bench/peers/go/go.mod", r"aws-lambda-go (\S+)")},
        "python": lambda: {"python": first_line(".deps/peers/python/bin/python", "--version"),
                           "awslambdaric": pinned("third_party/peers/python.txt",
                                                  r"^awslambdaric==(\S+)")},
        "node": lambda: {"node": first_line("node", "--version"), "aws-lambda-ric": pinned(
            "bench/peers/node/package.json", r'"aws-lambda-ric": "([^"]*)"')},
        "java": lambda: {"java": first_line("java", "-version"),
                         "aws-lambda-java-runtime-interface-client": pinned(
            "bench/peers/java/pom.xml", r"interface-client</artifactId>\s*<version>([^<]*)")},
        "cpp": lambda: {"g++": first_line("g++", "--version"),
                        "aws-lambda-cpp": "0.2.6, in aws-lambda-ric " + pinned(
            "bench/peers/node/package.json", r'"aws-lambda-ric": "([^"]*)"')},
    }
    for family in families:
        known |= of_family[family]()
    return {name: version or "unknown" for name, version in known.items()}
