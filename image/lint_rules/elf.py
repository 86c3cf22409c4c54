# SPDX-License-Identifier: Apache-2.0
"""The parts of an ELF program that decide whether it can be executed: machine and loader."""
import struct
from typing import NamedTuple, Optional

MACHINES = {62: "amd64", 183: "arm64", 3: "386", 40: "arm", 243: "riscv64", 22: "s390x", 21: "ppc64le"}
EXECUTABLE, SHARED = 2, 3
INTERPRETER = 3  # PT_INTERP
LONGEST_PATH = 4096


class NoElf(Exception):
    """Not an executable ELF file; says why."""


class Program(NamedTuple):
    architecture: str
    loader: Optional[str]  # None if static


def read_program(file):
    header = file.read(64)
    if header[:4] != b"\x7fELF":
        raise NoElf("is neither an ELF program nor a script with #!")
    if len(header) < 64 or header[5] not in (1, 2):
        raise NoElf("is a damaged ELF file")
    order = "<" if header[5] == 1 else ">"
    kind, machine = struct.unpack_from(order + "HH", header, 16)
    architecture = MACHINES.get(machine, f"ELF machine {machine}")
    if kind not in (EXECUTABLE, SHARED):
        raise NoElf("is an ELF file, but no program")
    if header[4] != 2:  # of 32 bits: its headers differ, and its machine says enough
        return Program(architecture if architecture != "amd64" else "x32", None)
    at, = struct.unpack_from(order + "Q", header, 32)
    size, count = struct.unpack_from(order + "HH", header, 54)
    return Program(architecture, loader_of(file, order, at, size, count))


def loader_of(file, order, at, size, count):
    if size < 56 or not count or at >= 1 << 62:
        raise NoElf("is a damaged ELF file")
    for i in range(count):
        file.seek(at + i * size)
        header = file.read(56)
        if len(header) < 56:
            raise NoElf("is a truncated ELF file")
        if struct.unpack_from(order + "I", header)[0] == INTERPRETER:
            offset, = struct.unpack_from(order + "Q", header, 8)
            length, = struct.unpack_from(order + "Q", header, 32)
            if not 1 < length <= LONGEST_PATH or offset >= 1 << 62:
                raise NoElf("is a damaged ELF file")
            file.seek(offset)
            path = file.read(length)
            if len(path) < length or path[-1]:
                raise NoElf("is a truncated ELF file")
            return path.rstrip(b"\0").decode("utf-8", "surrogateescape")
    return None
