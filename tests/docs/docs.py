# SPDX-License-Identifier: Apache-2.0
"""What the tests of README.md and of the guides in docs/ share: reading a page's blocks, building the
project that a page shows, and running a function in local mode."""
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Beyond this a command hangs. A build that has something to do may take minutes.
PATIENCE = 300
INVOKE = "/2015-03-31/functions/function/invocations"


def fail(message):
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def blocks(page):
    """The fenced blocks of a page: (language, text, the text block directly behind or None)."""
    found = list(re.finditer(r"^```(\w*)\n(.*?)^```\n", page, re.M | re.S))
    for i, block in enumerate(found):
        shown = None
        if i + 1 < len(found) and found[i + 1][1] == "text":
            if not page[block.end():found[i + 1].start()].strip():
                shown = found[i + 1][2]
        yield block[1], block[2], shown


def check_links(page, path):
    prose = re.sub(r"^```.*?^```\n", "", page, flags=re.M | re.S)  # a lambda looks like a link
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose)
    for target in targets:
        if not re.match(r"\w+:", target) and not (path.parent / target).exists():
            fail(f"{path.name} links to {target}, which is not there")


def build_project(build, work):
    """Installs spry from the build folder into work/prefix, and builds the project in work against it,
    as a user would: its programs are in work/build. What has not changed since is not built again."""
    prefix = work / "prefix"
    for command in (
            ["cmake", "--install", build, "--prefix", prefix],
            ["cmake", "-G", "Ninja", "-S", work, "-B", work / "build",
             f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release",
             f"-DCMAKE_TOOLCHAIN_FILE={prefix}/lib/cmake/spry/zig-toolchain.cmake"],
            ["cmake", "--build", work / "build"]):
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        if ended.returncode != 0:
            lines = ended.stdout.splitlines()[-40:]
            fail("\n".join([f"{shlex.join(map(str, command))} failed:", *lines]))


class Function:
    """A function in local mode, until the end of the with block. Then its whole log is in `log`."""

    def __init__(self, command, cwd=ROOT, **variables):
        self.command = command
        self.process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.url, self.log = None, ""
        settled = threading.Event()

        def read():
            for line in self.process.stdout:
                self.log += line
                listening = re.match(r"spry: listening on (http://127\.0\.0\.1:\d+)$", line)
                if listening:
                    self.url = listening[1]
                    settled.set()
            settled.set()

        self.reader = threading.Thread(target=read)
        self.reader.start()
        settled.wait(PATIENCE)
        if self.url is None:
            self.process.kill()
            self.process.wait()
            self.reader.join()
            fail(f"{shlex.join(command)} did not start listening:\n{self.log}")

    def __enter__(self):
        return self

    def invoke(self, event):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + INVOKE, event.encode(), timeout=30) as answer:
            return answer.read().decode()

    def __exit__(self, kind, value, traceback):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            fail(f"{shlex.join(self.command)} did not end on SIGTERM:\n{self.log}")
        self.reader.join()
        if self.process.returncode != 0 and kind is None:
            fail(f"{shlex.join(self.command)} ended with {self.process.returncode}:\n{self.log}")
