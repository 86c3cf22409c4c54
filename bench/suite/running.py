# SPDX-License-Identifier: Apache-2.0
"""Runs one measuring program. It and all that it has started end with the suite: they are a process
group of their own, which is killed when the suite is interrupted."""
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
RESULTS = ROOT / "build/bench"
PTRACE_REFUSED = 4  # exit status of the counting tools


class Failed(Exception):
    """A program that did not measure; says why in one line."""

    def __init__(self, why, status=None):
        super().__init__(why)
        self.status = status


def say(message):
    print(f"bench: {message}", file=sys.stderr, flush=True)


def run(command, seconds, environment=None, show=False):
    """The standard output of a program, which has so many seconds. `show`: what it says on standard
    error is progress for a reader. Raises Failed."""
    command = [str(word) for word in command]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=None if show else subprocess.PIPE, text=True,
        errors="replace", start_new_session=True)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"{shlex.join(command)[:120]} takes longer than {seconds} s") from None
    finally:
        end_group(process)
    if process.returncode != 0:
        said = (err or "").strip() or out.strip()
        last = said.splitlines()[-1] if said else "see above" if show else "without a word"
        raise Failed(f"{Path(command[0]).name} ends with {process.returncode}: {last}",
                     process.returncode)
    return out


def end_group(process):
    """Ends a process and what it has started; what has ended by itself is left in peace."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def figures(text):
    """The lines "NAME NUMBER" of a counting tool, where NAME may have spaces."""
    read = {}
    for line in text.splitlines():
        name, _, number = line.rpartition(" ")
        try:
            read[name] = float(number)
        except ValueError:
            pass
    return read
