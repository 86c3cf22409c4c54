# SPDX-License-Identifier: Apache-2.0
"""Writes small images: a good one of one layer, unless a test changes something of it first."""
import gzip
import hashlib
import io
import json
import struct
import tarfile
from pathlib import Path

OCI = {
    "manifest": "application/vnd.oci.image.manifest.v1+json",
    "index": "application/vnd.oci.image.index.v1+json",
    "config": "application/vnd.oci.image.config.v1+json",
    "layer": "application/vnd.oci.image.layer.v1.tar+gzip",
}
DOCKER = {
    "manifest": "application/vnd.docker.distribution.manifest.v2+json",
    "index": "application/vnd.docker.distribution.manifest.list.v2+json",
    "config": "application/vnd.docker.container.image.v1+json",
    "layer": "application/vnd.docker.image.rootfs.diff.tar.gzip",
}
PROGRAM = "/var/runtime/bootstrap"
MACHINE = {"amd64": 62, "arm64": 183, "386": 3}


def elf(architecture="amd64", loader=None, kind=2):
    """A program that would end at once: headers, and a path if it needs a loader."""
    path = b"" if loader is None else loader.encode() + b"\0"
    count = 1 if loader is None else 2
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, MACHINE[architecture], 1, 0x400000, 64, 0, 0, 64, 56, count, 0, 0, 0)
    size = 64 + 56 * count + len(path)
    parts = [struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 4096)]
    if loader is not None:
        parts.append(struct.pack("<IIQQQQQQ", 3, 4, 64 + 56 * count, 0, 0, len(path), len(path), 1))
    return header + b"".join(parts) + path


def file(name, data=b"", mode=0o644, **attributes):
    return {"name": name, "data": data, "mode": mode, "type": tarfile.REGTYPE, **attributes}


def program(name=PROGRAM, mode=0o755, **options):
    return file(name, elf(**options), mode)


def script(name, interpreter, mode=0o755):
    return file(name, f"#!{interpreter}\n".encode(), mode)


def folder(name, mode=0o755):
    return file(name, mode=mode, type=tarfile.DIRTYPE)


def link(name, target):
    return file(name, mode=0o777, type=tarfile.SYMTYPE, linkname=target)


def hard_link(name, target):
    return file(name, type=tarfile.LNKTYPE, linkname=target)


def tar(members, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for member in members:
            info = tarfile.TarInfo(member["name"].lstrip("/"))
            for name, value in member.items():
                if name not in ("name", "data"):
                    setattr(info, name, value)
            info.size = len(member["data"])
            archive.addfile(info, io.BytesIO(member["data"]))
    return out.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Image:
    def __init__(self, types=OCI):
        self.types = types
        self.base = [folder("var"), folder("var/runtime"), program(), folder("tmp", 0o1777)]
        self.layers = [self.base]
        self.form = tarfile.USTAR_FORMAT
        self.run = {"Entrypoint": [PROGRAM], "WorkingDir": "/"}
        self.config = {"architecture": "amd64", "os": "linux"}
        # What is done to the parts before they are written, by whoever needs another one.
        self.edit_tar = self.edit_blob = lambda data: data
        self.edit_config = self.edit_manifest = lambda document: None
        self.edit_index = lambda index: None
        self.blobs = {}

    def add(self, *members):
        self.base += members
        return self

    def remove(self, name):
        self.base[:] = [member for member in self.base if member["name"].strip("/") != name.strip("/")]
        return self

    def put(self, data, media_type):
        self.blobs[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    def put_json(self, document, media_type):
        return self.put(document if isinstance(document, bytes) else json.dumps(document).encode(),
                        media_type)

    def build(self):
        """The descriptor of the manifest; all blobs are there."""
        plain = [self.edit_tar(tar(members, self.form)) for members in self.layers]
        layers = [self.put(self.edit_blob(gzip.compress(data, mtime=0)), self.types["layer"])
                  for data in plain]
        config = {**self.config, "config": self.run,
                  "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in plain]},
                  "history": [{"created_by": "test"} for _ in plain]}
        config = self.edit_config(config) or config
        manifest = {"schemaVersion": 2, "mediaType": self.types["manifest"],
                    "config": self.put_json(config, self.types["config"]), "layers": layers}
        manifest = self.edit_manifest(manifest) or manifest
        self.manifest, self.config_written = manifest, config
        return self.put_json(manifest, self.types["manifest"])

    def files(self):
        """The files of an OCI layout by name."""
        index = {"schemaVersion": 2, "manifests": [self.build()]}
        index = self.edit_index(index) or index
        return {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps(index).encode(),
                **{"blobs/" + name.replace(":", "/"): data for name, data in self.blobs.items()}}

    def docker_files(self, name="hello:1"):
        """The files of docker save by name, before it wrote OCI layouts, too."""
        self.build()
        layers = [tar(members) for members in self.layers]
        names = [f"{number}/layer.tar" for number in range(len(layers))]
        entry = [{"Config": "config.json", "RepoTags": [name], "Layers": names}]
        return {"manifest.json": json.dumps(entry).encode(),
                "config.json": json.dumps(self.config_written).encode(), **dict(zip(names, layers))}

    def write(self, path):
        for name, data in self.files().items():
            (Path(path) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(path) / name).write_bytes(data)
        return str(path)


def archive(files, path, compress=False):
    data = tar([file(name, data) for name, data in files.items()], tarfile.PAX_FORMAT)
    Path(path).write_bytes(gzip.compress(data) if compress else data)
    return str(path)
