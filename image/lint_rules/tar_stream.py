# SPDX-License-Identifier: Apache-2.0
"""Reads a layer's tar archive from a stream, forwards only.

tarfile's own reader takes damage after the first member, and a missing end, for the end, and keeps
every member. Here tarfile decodes the headers; what follows what is checked."""
import tarfile
from dataclasses import dataclass

BLOCK = 512
# Longest name or set of extended headers that is read: far above any path that Linux takes.
LARGEST_HEADER = 1 << 20


class Damaged(Exception):
    """The stream is no whole tar archive; says where and why."""


@dataclass
class Member:
    name: str
    kind: bytes
    mode: int
    link: str
    size: int


class TarStream:
    """`file.read(n)` gives the archive. While a member is the current one, read() gives its content."""

    def __init__(self, file):
        self.file = file
        self.left = self.padding = 0

    def __iter__(self):
        extended, everywhere = {}, {}
        while True:
            self.skip()
            block = self.file.read(BLOCK)
            if not block.strip(b"\0"):
                self.check_end(block)
                return
            header = decoded(block)
            if header.type in (b"x", b"g", b"X"):
                into = everywhere if header.type == b"g" else extended
                into.update(pax_records(self.small(header)))
                continue
            if header.type in (b"L", b"K"):
                key = "path" if header.type == b"L" else "linkpath"
                extended[key] = self.small(header).split(b"\0")[0]
                continue
            if header.type == b"S":
                more = block[482]
                while more:
                    block = self.file.read(BLOCK)
                    if len(block) < BLOCK:
                        raise Damaged("it ends inside a header")
                    more = block[504]
            records = {**everywhere, **extended}
            extended = {}
            size = number(records["size"]) if "size" in records else header.size
            if header.type not in b"0\0007S":
                size = 0
            if size < 0:
                raise Damaged("a member's size is negative")
            self.left, self.padding = size, -size % BLOCK
            name = records.get("path")
            link = records.get("linkpath")
            yield Member(text(name) if name is not None else header.name, header.type, header.mode,
                         text(link) if link is not None else header.linkname, size)

    def read(self, most):
        data = self.file.read(min(most, self.left))
        if not data and self.left and most:
            raise Damaged("it ends inside a file")
        self.left -= len(data)
        return data

    def skip(self):
        while self.left:
            self.read(1 << 18)
        padding, self.padding = self.padding, 0
        if len(self.file.read(padding)) != padding:
            raise Damaged("it ends inside a file")

    def small(self, header):
        if not 0 <= header.size <= LARGEST_HEADER:
            raise Damaged(f"an extended header has {header.size} bytes")
        data = self.file.read(header.size + -header.size % BLOCK)
        if len(data) < header.size:
            raise Damaged("it ends inside an extended header")
        return data[:header.size]

    def check_end(self, block):
        if len(block) < BLOCK or len(second := self.file.read(BLOCK)) < BLOCK:
            raise Damaged("it has no end-of-archive blocks")
        if second.strip(b"\0"):
            raise Damaged("a single block of zeros is between its members")


def decoded(block):
    if len(block) < BLOCK:
        raise Damaged("it ends inside a header")
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        raise Damaged("a member's header is damaged") from None


def pax_records(data):
    records = {}
    while data.strip(b"\0"):
        length, space, _ = data.partition(b" ")
        end = int(length) if space and length.isdigit() and len(length) < 8 else 0
        key, equals, value = data[len(length) + 1:end - 1].partition(b"=")
        if not 0 < end <= len(data) or data[end - 1:end] != b"\n" or not equals:
            raise Damaged("an extended header is damaged")
        records[key.decode("utf-8", "replace")] = value
        data = data[end:]
    return records


def number(value):
    if not value.isdigit() or len(value) > 18:
        raise Damaged("an extended header's size is no number")
    return int(value)


def text(value):
    return value.decode("utf-8", "surrogateescape")
