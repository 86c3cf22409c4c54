# SPDX-License-Identifier: Apache-2.0
"""Two revisions side by side: the other one is built in a work tree of its own, and both functions take
turns in one run."""
import shutil
import subprocess
import tempfile
from pathlib import Path

import history
import machine
import parts
from functions import relative, spry_command
from running import BUILD, RESULTS, ROOT, Failed, run, say

QUANTITIES = {"first_get": "spawn to first GET", "first_answer": "spawn to first answer",
              "turn 2": "turn, 2 bytes", "turn 131072": "turn, 128 KiB", "cycle 2": "cycle, 2 bytes"}


def git(*arguments):
    ended = subprocess.run(["git", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode != 0:
        raise Failed(ended.stderr.strip().splitlines()[-1])
    return ended.stdout.strip()


def commit_of(name):
    try:
        return git("rev-parse", "--verify", "--quiet", "--short=10", f"{name}^{{commit}}")
    except (Failed, IndexError):
        raise Failed(f"there is no revision {name} here") from None


class WorkTree:
    """A revision's sources in a folder under build/bench, until the end of the with block."""

    def __init__(self, commit):
        self.commit = commit
        self.path = RESULTS / f"compare-{commit}"

    def __enter__(self):
        self.remove()  # of a run that was killed
        git("worktree", "add", "--detach", str(self.path), self.commit)
        # What is fetched is linked and not shared as a whole: where this revision wants another
        # version, it replaces its own link.
        own = self.path / ".deps"
        own.mkdir()
        for each in (ROOT / ".deps").iterdir():
            if each.name not in ("lock", "logs", "peers"):
                (own / each.name).symlink_to(each.resolve())
        return self.path

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        if self.path.exists():
            git("worktree", "remove", "--force", str(self.path))


def built_echo(tree, commit):
    """The echo of that revision, built by its own ./dev."""
    say(f"building echo of {commit} in {relative(tree)}")
    try:
        run([tree / "dev", "build", "release", "echo"], parts.PATIENCE, show=True)
    except Failed as failed:
        raise Failed(f"{commit} cannot be built here: {failed}") from None
    return tree / "build/release/examples/echo/echo"


def copied(echo, into):
    """The program with its symbols, in a folder of its own."""
    into.mkdir()
    for each in echo.parent.glob("echo*"):
        if each.is_file():
            shutil.copy2(each, into)
    return into / echo.name


def counts_of(path, backend):
    try:
        return parts.spry_counts(spry_command(backend, relative(path)))
    except Failed as failed:
        say(f"no counts of {relative(path)}, {backend}: {failed}")
        return None


def compare(name, rounds):
    commit = commit_of(name)
    # Both with paths of one length, which the kernel hands to a program: to read more of it takes more
    # instructions.
    with WorkTree(commit) as tree, tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        theirs = copied(built_echo(tree, commit), Path(folder) / "was")
        mine = copied(BUILD / "examples/echo/echo", Path(folder) / "now")
        print(f"echo of {machine.revision()} (this tree) against {commit} ({name}): medians of {rounds}"
              f" rounds, with quartiles; below 1 this tree is faster\n")
        for backend in ("direct", "epoll", "uring"):
            try:
                print_times(backend, theirs, mine, rounds)
            except Failed as failed:
                say(f"left out: {backend}: {failed}")
                continue
            print_counts(backend, counts_of(theirs, backend), counts_of(mine, backend))
    return 0


def print_times(backend, theirs, mine, rounds):
    commands = {"before": spry_command(backend, relative(theirs)),
                "now": spry_command(backend, relative(mine))}
    # Not optional here: a backend that is missing is said once, for both.
    measured = parts.measure_with_driver(commands, f"compare-{backend}", rounds, "--echo", "--events",
                                         "2,131072")
    functions = {each["name"]: each["times"] for each in measured["functions"]}
    if "now" not in functions or "before" not in functions:
        raise Failed("it does not start here")
    print(f"{backend:<28}{'before us':>12}{'now us':>12}{'ratio':>8}")
    for quantity, title in QUANTITIES.items():
        before, now = functions["before"][quantity], functions["now"][quantity]
        ratio = now["ratio"]
        print(f"  {title:<26}{before['us']['median']:>12.1f}{now['us']['median']:>12.1f}"
              f"{ratio['median']:>8.3f} ({ratio['q1']:.3f}-{ratio['q3']:.3f})")


def print_counts(backend, before, now):
    if before is None or now is None:
        return
    for column in history.COLUMNS:
        was, is_now = before[column], now[column]
        mark = "" if was == is_now else f"{is_now - was:+.10g}"
        print(f"  {column.replace('_', ', '):<26}{history.number(was):>12}{history.number(is_now):>12}"
              f"{mark:>8}")
    print(flush=True)
