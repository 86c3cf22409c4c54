# SPDX-License-Identifier: Apache-2.0
"""The files of an image as its layers leave them: later layers replace and remove what earlier ones
have. Holds names and modes, no contents."""
from dataclasses import dataclass, replace

# About a gigabyte of our memory. Nothing that fits into 10 GB of useful files has as many.
MOST_FILES = 2_000_000
MOST_LINKS = 40  # as Linux
LONGEST_PATH = 4096  # as Linux
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
FILE, FOLDER, LINK, DEVICE, PIPE = "file", "folder", "symbolic link", "device", "pipe"
KINDS = {b"0": FILE, b"\0": FILE, b"7": FILE, b"S": FILE, b"2": LINK, b"3": DEVICE, b"4": DEVICE,
         b"5": FOLDER, b"6": PIPE}


class Refused(Exception):
    """A layer's member that cannot be unpacked; says why."""


class TooMany(Exception):
    """More than MOST_FILES."""


@dataclass(slots=True)
class Node:
    kind: str
    mode: int
    layer: int  # the last that wrote this name
    link: str = ""
    # A regular file's content: the layer and the number of its member there.
    content: object = None
    children: object = None


@dataclass
class Found:
    """Where a path leads to. `node` is None if nowhere."""
    node: object
    path: str
    last_is_link: bool = False
    folder_link: str = ""  # the first folder on the way that is a symbolic link


class Tree:
    def __init__(self):
        self.root = Node(FOLDER, 0o755, -1, children={})
        self.count = 0

    def apply(self, member, layer, ordinal):
        parts = parts_of(member.name)
        if not parts:
            if member.kind == b"5":
                self.root.mode = member.mode
            return
        parent, name = self.parent_of(parts[:-1], layer), parts[-1]
        if name == OPAQUE:
            drop_older(parent, layer)
        elif name.startswith(WHITEOUT + WHITEOUT):
            pass  # a note of the union file system that wrote the layer
        elif name.startswith(WHITEOUT):
            hidden = parent.children.get(name[len(WHITEOUT):])
            if hidden and hidden.layer < layer:
                del parent.children[name[len(WHITEOUT):]]
            elif hidden and hidden.children:
                drop_older(hidden, layer)
        else:
            self.put(parent, name, member, layer, ordinal)

    def put(self, parent, name, member, layer, ordinal):
        if member.kind == b"1":
            target = self.find(member.link, follow_last=False).node
            if target is None or target.kind == FOLDER:
                raise Refused(f"is a hard link to {member.link}, which is no file")
            node = replace(target, layer=layer)
        elif member.kind in KINDS:
            node = Node(KINDS[member.kind], member.mode, layer, member.link)
            if node.kind == FILE:
                node.content = (layer, ordinal)
            elif node.kind == FOLDER:
                old = parent.children.get(name)
                node.children = old.children if old and old.kind == FOLDER else {}
        else:
            raise Refused(f"is of an unknown type {member.kind!r}")
        self.counted(name)
        parent.children[name] = node

    def parent_of(self, parts, layer):
        """The folder, through symbolic links, and made where it is not."""
        node, rest, links, at = self.root, list(reversed(parts)), 0, [self.root]
        while rest:
            part = rest.pop()
            if part == "..":
                at = at[:-1] or [self.root]
                node = at[-1]
                continue
            child = node.children.get(part)
            if child and child.kind == LINK:
                links += 1
                if links > MOST_LINKS:
                    raise Refused("lies behind a loop of symbolic links")
                if child.link.startswith("/"):
                    at, node = [self.root], self.root
                rest += [p for p in reversed(child.link.split("/")) if p not in ("", ".")]
                continue
            if child is None or child.kind != FOLDER:
                child = Node(FOLDER, 0o755, layer, children={})
                self.counted(part)
                node.children[part] = child
            node = child
            at.append(node)
        return node

    def counted(self, name):
        self.count += 1 + len(name) // 256
        if self.count > MOST_FILES:
            raise TooMany

    def find(self, path, follow_last=True):
        """Where `path` leads, from the root."""
        found = Found(self.root, "/")
        rest = [p for p in reversed(path.split("/")) if p not in ("", ".")]
        at, names, links = [self.root], [], 0
        while rest:
            part = rest.pop()
            if part == "..":
                at, names = at[:-1] or [self.root], names[:-1]
                continue
            folder = at[-1]
            child = folder.children.get(part) if folder.kind == FOLDER else None
            if child is None:
                return Found(None, "/" + "/".join([*names, part]), found.last_is_link,
                             found.folder_link)
            if child.kind == LINK and (rest or follow_last):
                links += 1
                if links == 1 and not rest:
                    found.last_is_link = True
                elif links == 1:
                    found.folder_link = "/" + "/".join([*names, part])
                if links > MOST_LINKS:
                    return Found(None, path, found.last_is_link, found.folder_link)
                if child.link.startswith("/"):
                    at, names = [self.root], []
                rest += [p for p in reversed(child.link.split("/")) if p not in ("", ".")]
                continue
            at.append(child)
            names.append(part)
        found.node, found.path = at[-1], "/" + "/".join(names)
        return found

    def walk(self):
        """Each path with its node, a folder before what is in it, which is left out if the receiver
        sends something true for the folder."""
        waiting = [("", self.root)]
        while waiting:
            path, node = waiting.pop()
            leave_out = yield path or "/", node
            if node.kind == FOLDER and not leave_out:
                waiting += [(f"{path}/{name}", child)
                            for name, child in sorted(node.children.items(), reverse=True)]


def drop_older(folder, layer):
    """Removes from the folder, at any depth, what layers before `layer` wrote."""
    waiting = [folder]
    while waiting:
        children = waiting.pop().children
        for name, child in list(children.items()):
            if child.layer < layer:
                del children[name]
            elif child.children:
                waiting.append(child)


def parts_of(name):
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Refused("leads out of the image")
    if len(name) > LONGEST_PATH:
        raise Refused("has a longer path than Linux takes")
    return parts
