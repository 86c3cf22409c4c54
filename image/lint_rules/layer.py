# SPDX-License-Identifier: Apache-2.0
"""Reads a layer as a stream: its digests, its size and its members. Nothing is unpacked."""
import gzip
import hashlib
import tarfile
import tempfile
import zlib

from .blobs import DIGEST
from .tar_stream import Damaged, TarStream
from .tree import Refused, TooMany

GZIP_TYPES = ("application/vnd.oci.image.layer.v1.tar+gzip",
              "application/vnd.docker.image.rootfs.diff.tar.gzip")
PLAIN_TYPES = ("application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar")
CHUNK = 1 << 18


class TooLarge(Exception):
    """The layers together are above the limit."""


class Allowance:
    """The bytes that all layers together may still have."""

    def __init__(self, left):
        self.left = left


class Hashing:
    """A stream that sums what is read from it."""

    def __init__(self, file, algorithm, allowance=None):
        self.file, self.algorithm, self.allowance = file, algorithm, allowance
        self.sum, self.size = hashlib.new(algorithm), 0

    def read(self, size):
        data = self.file.read(size)
        self.sum.update(data)
        self.size += len(data)
        if self.allowance is not None:
            self.allowance.left -= len(data)
            if self.allowance.left < 0:
                raise TooLarge
        return data

    def drain(self):
        while self.read(CHUNK):
            pass

    def digest(self):
        return f"{self.algorithm}:{self.sum.hexdigest()}"


def judge_type(where, descriptor, is_remade, report):
    """Whether the layer can be read."""
    kind = descriptor.get("mediaType")
    if is_remade or kind in GZIP_TYPES:
        return True
    if kind in PLAIN_TYPES:
        report.add("UNCOMPRESSED", where, f"has mediaType {kind}")
        return True
    report.add("LAYERTYPE", where, f"has mediaType {kind}")
    return False


def judge_layer(source, descriptor, number, diff_id, tree, allowance, report):
    """Adds the layer's files to the tree. False if the tree is not what it would be unpacked."""
    where = f"layer {number + 1}"
    if not isinstance(descriptor, dict):
        report.add("CONFIG", where, "its descriptor is no JSON object")
        return False
    if not judge_type(where, descriptor, source.is_remade, report):
        return False
    file = opened(source, descriptor)
    if file is None:
        report.add("DIGEST", where, f"there is no blob {descriptor.get('digest')}")
        return False
    with file:
        magic = file.read(4)
        file.seek(0)
        is_gzip = magic[:2] == b"\x1f\x8b"
        kind = descriptor.get("mediaType")
        if not source.is_remade and is_gzip != (kind in GZIP_TYPES):
            report.add("LAYERTYPE", where, f"has mediaType {kind}, and is "
                       + ("gzip" if is_gzip else "not gzip"))
            return False
        return judge_content(source, descriptor, file, is_gzip, number, diff_id, tree, allowance,
                             report)


def judge_content(source, descriptor, file, is_gzip, number, diff_id, tree, allowance, report):
    where = f"layer {number + 1}"
    stored = Hashing(file, algorithm_of(descriptor.get("digest")))
    plain = Hashing(gzip.GzipFile(fileobj=stored) if is_gzip else stored, algorithm_of(diff_id),
                    allowance)
    is_whole = True
    try:
        archive = TarStream(plain)
        for ordinal, member in enumerate(archive):
            try:
                tree.apply(member, number, ordinal)
            except Refused as refusal:
                report.add("TAR", f"{where}: {member.name}", refusal)
                is_whole = False
        plain.drain()
        stored.drain()
    except Damaged as damage:
        report.add("TAR", where, f"is no whole tar archive: {damage}")
        return False
    except (OSError, EOFError, zlib.error, tarfile.TarError) as failure:
        report.add("TAR", where, f"cannot be read to its end: {failure}")
        return False
    except TooMany:
        report.add("TAR", where, "has more files than this lint holds in memory")
        return False
    if not source.is_named:
        judge_stored(where, descriptor, stored, report)
    if diff_id is not None and plain.digest() != diff_id:
        report.add("DIFFIDS", where, f"is {plain.digest()}, and the config says {diff_id}")
    return is_whole


def judge_stored(where, descriptor, stored, report):
    if descriptor.get("size") != stored.size:
        report.add("DIGEST", where,
                   f"has {stored.size} bytes, and the manifest says {descriptor.get('size')}")
    elif descriptor.get("digest") != stored.digest():
        report.add("DIGEST", where,
                   f"is {stored.digest()}, and the manifest says {descriptor.get('digest')}")


def algorithm_of(digest):
    is_digest = isinstance(digest, str) and DIGEST.fullmatch(digest)
    return digest.partition(":")[0] if is_digest else "sha256"


def opened(source, descriptor):
    name = source.name_of(descriptor)
    return source.blobs.open(name) if name else None


def content_of(source, layers, content):
    """A temporary file with the content of a file of the tree, which says where it is."""
    number, wanted = content
    copy = tempfile.SpooledTemporaryFile(max_size=1 << 20)
    with opened(source, layers[number]) as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        archive = TarStream(gzip.GzipFile(fileobj=file) if is_gzip else file)
        for ordinal, _ in enumerate(archive):
            if ordinal == wanted:
                while data := archive.read(CHUNK):
                    copy.write(data)
                break
    copy.seek(0)
    return copy
