# SPDX-License-Identifier: Apache-2.0
"""The named files of an image: in a folder or in a tar archive, which is not unpacked."""
import contextlib
import errno
import gzip
import json
import re
import shutil
import stat
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from .report import Unreadable

# More than any manifest or config that a registry takes.
LARGEST_JSON = 8 << 20
# An archive of an image holds its layers, three small files and folders.
MOST_ARCHIVE_MEMBERS = 10_000
# A disk that is full, for this user or for files so large.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class Folder:
    def __init__(self, path):
        self.path = Path(path)

    def open(self, name):
        """The file `name`, to be read and closed; None if it is no regular file of this folder."""
        with contextlib.suppress(OSError, ValueError):
            # Something else than a file, as a pipe, could keep its reader for ever.
            if stat.S_ISREG((self.path / name).stat().st_mode):
                return open(self.path / name, "rb")
        return None


class Archive:
    """A tar archive, or a compressed one, which is written to a temporary file uncompressed: at most
    `limit` bytes."""

    def __init__(self, path, limit):
        self.path = Path(path)
        try:
            file = open(path, "rb")
            if file.read(2) == b"\x1f\x8b":
                file.seek(0)
                file = self.uncompressed(file, limit)
            file.seek(0)
            self.tar = tarfile.open(fileobj=file, mode="r:")
            self.members = {}
            for count, member in enumerate(self.tar):
                self.members[str(PurePosixPath(member.name))] = member
                if count >= MOST_ARCHIVE_MEMBERS:
                    raise Unreadable("is an archive of too many files to be one of an image; "
                                     "write it with docker save, podman save or skopeo copy")
        # tarfile reads headers that extend headers one inside the other.
        except (OSError, EOFError, ValueError, RecursionError, zlib.error,
                tarfile.TarError) as failure:
            if getattr(failure, "errno", None) in NO_SPACE:
                raise  # what has been uncompressed finds no room
            raise Unreadable(f"is no readable archive ({failure}); "
                             "write it with docker save, podman save or skopeo copy") from None

    @staticmethod
    def uncompressed(file, limit):
        copy = tempfile.TemporaryFile()
        with gzip.GzipFile(fileobj=file) as source:
            shutil.copyfileobj(source, Bounded(copy, limit), 1 << 18)
        return copy

    def open(self, name):
        member = self.members.get(str(PurePosixPath(name)))
        if member is not None and member.issym():  # how older docker save writes a layer twice
            parts = []
            for part in (PurePosixPath(name).parent / member.linkname).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            member = self.members.get("/".join(parts))
        if member is None or not member.isreg():
            return None
        return self.tar.extractfile(member)


class Bounded:
    def __init__(self, file, limit):
        self.file, self.left = file, limit

    def write(self, data):
        self.left -= len(data)
        if self.left < 0:
            raise Unreadable("is an archive larger than any image of Lambda's; raise --max-bytes")
        return self.file.write(data)


def read_json(blobs, name):
    """The JSON document `name`, or None if there is none or it is none."""
    data = read_small(blobs, name)
    return None if data is None else parse_json(data)


def read_small(blobs, name):
    try:
        file = blobs.open(name)
        if file is None:
            return None
        with file:
            data = file.read(LARGEST_JSON + 1)
            return data if len(data) <= LARGEST_JSON else None
    except (OSError, tarfile.TarError):
        return None


def parse_json(data):
    try:
        return json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        return None


def blob_name(digest):
    """Where an OCI layout holds the blob `digest`, or None if that is no digest."""
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        return None
    return "blobs/" + digest.replace(":", "/")
