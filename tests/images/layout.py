# SPDX-License-Identifier: Apache-2.0
"""Reads what spry_image has written, and checks what holds for every image."""
import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

TYPES = {
    "oci": ("application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip"),
    "docker": ("application/vnd.docker.distribution.manifest.v2+json",
               "application/vnd.docker.container.image.v1+json",
               "application/vnd.docker.image.rootfs.diff.tar.gzip"),
}


def fail(message):
    sys.exit(f"image test: {message}")


def expect(what, actual, wanted):
    if actual != wanted:
        fail(f"{what}: {actual!r}, not {wanted!r}")


class Image:
    """The image at PATH, PATH.tar and PATH.digest: config, and the members of its layer by name."""

    def __init__(self, path, kind):
        path = Path(path)
        layout = {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}
        with tarfile.open(f"{path}.tar") as archive:
            members = archive.getmembers()
            expect("names in the archive", [m.name for m in members], sorted(m.name for m in members))
            expect("the archive", {m.name: archive.extractfile(m).read() for m in members if m.isfile()},
                   layout)
        expect("oci-layout", json.loads(layout["oci-layout"]), {"imageLayoutVersion": "1.0.0"})
        manifest_type, config_type, layer_type = TYPES[kind]
        entry, = json.loads(layout["index.json"])["manifests"]
        self.names = entry["annotations"]
        expect("PATH.digest", Path(f"{path}.digest").read_text(), entry["digest"] + "\n")
        manifest = json.loads(self.blob(layout, entry, manifest_type))
        expect("manifest", (manifest["schemaVersion"], manifest["mediaType"]), (2, manifest_type))
        layer, = manifest["layers"]
        raw = gzip.decompress(self.blob(layout, layer, layer_type))
        self.document = json.loads(self.blob(layout, manifest["config"], config_type))
        self.config = self.document["config"]
        expect("diff_ids", self.document["rootfs"],
               {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(raw).hexdigest()]})
        expect("os", self.document["os"], "linux")
        expect("history", len(self.document["history"]), 1)
        blob = "blobs/sha256/"
        loaded, = json.loads(layout["manifest.json"])
        self.tags = loaded["RepoTags"]
        expect("what docker load reads", (loaded["Config"], loaded["Layers"]),
               (blob + manifest["config"]["digest"][7:], [blob + layer["digest"][7:]]))
        expect("files of the layout", len(layout), 6)
        with tarfile.open(fileobj=io.BytesIO(raw)) as files:
            self.files = {m.name: m for m in files.getmembers()}
            self.texts = {m.name: files.extractfile(m).read() for m in files if m.isfile()}
        self.check_files()

    @staticmethod
    def blob(layout, descriptor, kind):
        data = layout["blobs/sha256/" + descriptor["digest"][7:]]
        expect("digest", "sha256:" + hashlib.sha256(data).hexdigest(), descriptor["digest"])
        expect("size and type", (descriptor["size"], descriptor["mediaType"]), (len(data), kind))
        return data

    def check_files(self):
        expect("order in the layer", list(self.files), sorted(self.files))
        for name, member in self.files.items():
            expect(f"owner of {name}", (member.uid, member.gid, member.uname, member.gname), (0, 0, "", ""))
            if name == "tmp":
                expect("/tmp", (member.isdir(), member.mode), (True, 0o1777))
            elif member.isdir():
                expect(f"mode of {name}", member.mode, 0o755)
            else:
                expect(f"{name} is a plain file", member.isreg(), True)
                expect(f"mode of {name}", member.mode & ~0o111, 0o644)
        entry = self.config["Entrypoint"][0]
        expect("first of the entry point", entry[0], "/")
        expect("mode of the executable", self.files[entry[1:]].mode, 0o755)
        if "tmp" not in self.files or "etc/passwd" not in self.files:
            fail(f"/tmp or /etc/passwd is missing: {list(self.files)}")
