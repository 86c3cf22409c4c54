# SPDX-License-Identifier: Apache-2.0
"""What is executed: the entry point, and what it needs to be executed itself."""
import re

from .elf import NoElf, read_program
from .tree import FILE, FOLDER, LINK

BOOTSTRAP = "/var/runtime/bootstrap"  # AWS's
LONGEST_SCRIPT = 65536
DEEPEST_SCRIPT = 4  # as Linux: scripts whose interpreters are scripts


def judge_entry_point(settings, tree, open_content, report):
    """`open_content` gives the content of a node. Returns the path of the file, or None."""
    if not settings.entry_point:
        return None
    path = settings.entry_point[0]
    if not path.startswith("/"):
        report.add("EPABS", path, "is relative")
        return None
    entry = tree.find(path, follow_last=False)
    if entry.folder_link:
        report.add("EPLINKDIR", path, f"{entry.folder_link} is a symbolic link")
    if entry.node is None:
        report.add("EPMISSING", path, f"{entry.path} is not in the image")
        return None
    if entry.node.kind == LINK:
        report.add("EPLINK", path, f"is a symbolic link to {entry.node.link}")
        return None
    if entry.node.kind != FILE:
        report.add("EPFILE", path, f"is a {entry.node.kind}")
        return None
    if not entry.node.mode & 0o001:
        report.add("EPMODE", path, f"has mode {entry.node.mode:04o}")
    judge_program(path, entry.node, settings, tree, open_content, report)
    if path.rpartition("/")[2] == "lambda-entrypoint.sh":
        judge_bootstrap(entry.node, settings, tree, open_content, report)
    return entry.path


def judge_bootstrap(script, settings, tree, open_content, report):
    """The first that is there counts, as for the script."""
    with open_content(script.content) as file:
        places = places_in(file.read(LONGEST_SCRIPT))
    found = [(place, tree.find(place).node) for place in places]
    path, node = next(((place, node) for place, node in found if node and node.kind == FILE), (None, None))
    if path is None:
        others = f", nor is {' or '.join(places[1:])}" if places[1:] else ""
        report.add("BOOTSTRAP", places[0], f"is no file of the image{others}")
    elif not node.mode & 0o001:
        report.add("BOOTSTRAP", path, f"has mode {node.mode:04o}")
    else:
        judge_program(path, node, settings, tree, open_content, report)


def places_in(script):
    """The bootstraps that the entry script names, in its order: AWS's has one, spry-base's has three."""
    named = re.findall(rb"(?<![\w./-])(?:/[\w.-]+)+/bootstrap(?![\w./-])", script)
    return list(dict.fromkeys(path.decode() for path in named)) or [BOOTSTRAP]


def judge_program(path, node, settings, tree, open_content, report):
    for _ in range(DEEPEST_SCRIPT):
        with open_content(node.content) as file:
            interpreter = interpreter_of(file)
            if interpreter is None:
                judge_elf(path, file, settings, tree, report)
                return
        target = tree.find(interpreter).node
        if target is None or target.kind != FILE:
            report.add("EPDYN", path, f"needs {interpreter}, which is not in the image")
            return
        if not target.mode & 0o001:
            report.add("EPMODE", path, f"needs {interpreter}, which has mode {target.mode:04o}")
            return
        path, node = interpreter, target
    report.add("EPELF", path, "is a script of scripts, deeper than Linux goes")


def interpreter_of(file):
    line = file.readline(4096)
    file.seek(0)
    # What else is white space Linux takes for a part of the name.
    named = re.match(rb"#![ \t]*([^ \t\n]*)", line)
    if named is None:
        return None
    return named[1].decode("utf-8", "surrogateescape") or "the program after #!"


def judge_elf(path, file, settings, tree, report):
    try:
        program = read_program(file)
    except NoElf as reason:
        report.add("EPELF", path, reason)
        return
    if settings.architecture and program.architecture != settings.architecture:
        report.add("EPARCH", path, f"is for {program.architecture}, and the config says "
                   f"{settings.architecture}")
        return
    if program.loader:
        loader = tree.find(program.loader).node
        if loader is None or loader.kind == FOLDER:
            report.add("EPDYN", path, f"needs {program.loader}, which is not in the image")
