# SPDX-License-Identifier: Apache-2.0
"""The image as the registry will have it. A layout and an archive of one are so already, and keep
their digest; what Docker and podman store has its manifest written anew, here and before it is judged."""
import hashlib
import os
from dataclasses import dataclass

from lint_rules.blobs import Archive, parse_json, read_small
from lint_rules.fetched import COPY, run, temporary_folder
from lint_rules.manifest import is_index
from lint_rules.source import Source, names_of, of_folder, open_source

from .refused import NOT_LIKE_THIS, Refused


@dataclass
class Prepared:
    source: Source
    tag: str | None  # of several images, which
    reference: str  # as skopeo takes it

    def digest(self):
        """That of the one manifest, which an image that passes the lint has."""
        return "sha256:" + hashlib.sha256(manifest_of(self.source, self.tag)).hexdigest()


def prepare(image, limit):
    source, tag = open_source(image, limit)
    folder = temporary_folder()
    # skopeo ends a path at its first colon.
    link = os.path.join(folder, "image")
    os.symlink(os.path.abspath(source.blobs.path), link)
    reference = reference_of(source, link, tag)
    if source.is_remade:
        link, tag = os.path.join(folder, "remade"), None
        run([COPY[0], "--tmpdir", folder, *COPY[1:], reference, f"oci:{link}"])
        source, reference = of_folder(link), f"oci:{link}"
    return Prepared(source, tag, reference)


def reference_of(source, path, tag):
    if source.is_flat:
        return f"dir:{path}"
    kind = "oci" if not isinstance(source.blobs, Archive) else \
        "docker-archive" if source.is_named else "oci-archive"
    return f"{kind}:{path}:{tag}" if tag else f"{kind}:{path}"


def manifest_of(source, tag):
    candidates = [m for m in source.manifests if tag is None or tag in names_of(m)]
    if len(candidates) != 1:
        raise Refused(NOT_LIKE_THIS, f"{len(candidates)} images are in there; name one with :TAG")
    data = candidates[0].get("data")
    if data is None:
        name = source.name_of(candidates[0])
        data = read_small(source.blobs, name) if name else None
    manifest = None if data is None else parse_json(data)
    if not isinstance(manifest, dict):
        raise Refused(NOT_LIKE_THIS, "its manifest is not there, or is none; write it again")
    if is_index(manifest):
        raise Refused(NOT_LIKE_THIS, "it is an index of images, and Lambda takes one image; build it with "
                                     "--platform, --provenance=false and --sbom=false")
    return data
