# SPDX-License-Identifier: Apache-2.0
"""Opens IMAGE in any of its forms. What comes out is the manifest and where its blobs are."""
import os
from dataclasses import dataclass, field

from .blobs import Archive, Folder, blob_name, read_json, read_small
from .fetched import fetch
from .report import Unreadable

REF_NAME = "org.opencontainers.image.ref.name"


@dataclass
class Source:
    blobs: object
    # The descriptors of the manifests to choose from; a `data` is the manifest itself.
    manifests: list = field(default_factory=list)
    # A manifest that is written anew at the push, as the local storage's and an archive's of Docker:
    # its media types and its compression say nothing of what will be pushed.
    is_remade: bool = False
    # Whether blobs lie flat, named by the digest's hexadecimals, as skopeo writes a dir:.
    is_flat: bool = False
    # The files of an archive of Docker by the names that stand for digests there.
    is_named: bool = False

    def name_of(self, descriptor):
        digest = descriptor.get("digest")
        if self.is_named:
            return digest if isinstance(digest, str) else None
        name = blob_name(digest)
        return name.rpartition("/")[2] if name and self.is_flat else name


def open_source(image, limit):
    transport, _, rest = image.partition(":")
    if transport == "oci":
        return open_tagged(rest, of_folder, os.path.isdir, "folder")
    if transport in ("oci-archive", "docker-archive"):
        return open_tagged(rest, lambda path: of_archive(path, limit), os.path.isfile, "file")
    if os.path.isdir(image):
        return of_folder(image), None
    if os.path.isfile(image):
        return of_archive(image, limit), None
    if image.startswith((".", "/")) or image.endswith((".tar", ".gz", ".tgz")):
        raise Unreadable("is neither a file nor a folder; name an image as --help shows")
    folder, is_remade = fetch(image)
    source = of_folder(folder)
    source.is_remade = is_remade
    return source, None


def open_tagged(rest, open_path, is_there, kind):
    path, tag = rest, None
    if not is_there(path) and ":" in rest:
        path, _, tag = rest.partition(":")
    if not is_there(path):
        raise Unreadable(f"there is no {kind} {path}; name one that is there")
    return open_path(path), tag


def of_folder(path):
    folder = Folder(path)
    source = of_layout(folder)
    if source is None:
        data = read_small(folder, "manifest.json")
        if data is not None and read_small(folder, "version") is not None:
            return Source(folder, [{"data": data}], is_flat=True)
        raise Unreadable("is a folder without oci-layout and index.json; "
                         "name the folder of an OCI layout")
    return source


def of_archive(path, limit):
    archive = Archive(path, limit)
    source = of_layout(archive) or of_docker(archive)
    if source is None:
        raise Unreadable("is an archive without index.json and manifest.json; "
                         "write it with docker save, podman save or skopeo copy")
    return source


def of_layout(blobs):
    index = read_json(blobs, "index.json")
    if index is None:
        return None
    manifests = index.get("manifests") if isinstance(index, dict) else None
    if not isinstance(manifests, list) or not manifests or not all(
            isinstance(manifest, dict) for manifest in manifests):
        raise Unreadable("its index.json names no manifest; write the layout again")
    return Source(blobs, manifests)


def of_docker(blobs):
    images = read_json(blobs, "manifest.json")
    if not isinstance(images, list) or not images or not all(
            isinstance(image, dict) for image in images):
        return None
    manifests = []
    for image in images:
        layers = image.get("Layers")
        manifests.append({
            "manifest": {
                "config": {"digest": image.get("Config")},
                "layers": [{"digest": name} for name in layers or []]
                if isinstance(layers, list) else None},
            "names": image.get("RepoTags") if isinstance(image.get("RepoTags"), list) else []})
    return Source(blobs, manifests, is_remade=True, is_named=True)


def names_of(descriptor):
    annotations = descriptor.get("annotations")
    name = annotations.get(REF_NAME) if isinstance(annotations, dict) else None
    names = [name, *descriptor.get("names", [])] if isinstance(
        descriptor.get("names", []), list) else [name]
    return [name for name in names if isinstance(name, str)]
