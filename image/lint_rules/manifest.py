# SPDX-License-Identifier: Apache-2.0
"""What the manifest may be. Gives the one manifest whose config and layers are to be judged."""
import hashlib

from .blobs import parse_json, read_small
from .report import Unreadable
from .source import names_of

MANIFESTS = ("application/vnd.oci.image.manifest.v1+json",
             "application/vnd.docker.distribution.manifest.v2+json")
INDEXES = ("application/vnd.oci.image.index.v1+json",
           "application/vnd.docker.distribution.manifest.list.v2+json")
CONFIGS = ("application/vnd.oci.image.config.v1+json",
           "application/vnd.docker.container.image.v1+json")
# An index in an index in an index is nobody's image.
DEEPEST_INDEX = 4


def chosen_manifest(source, tag, report):
    """The image's manifest, or None after what forbids to go on has been reported."""
    candidates = source.manifests
    if tag is not None:
        candidates = [m for m in candidates if tag in names_of(m)]
        if not candidates:
            known = ", ".join(n for m in source.manifests for n in names_of(m)) or "no tags"
            raise Unreadable(f"there is no tag {tag}; there is {known}")
    if len(candidates) > 1:
        named = [n for m in candidates for n in names_of(m)]
        if len(set(named)) > 1:
            raise Unreadable(f"there are several images; name one with :TAG of {', '.join(named)}")
        report.add("INDEX", "index.json", several(candidates))
        candidates = images_of(candidates)
    for _ in range(DEEPEST_INDEX):
        if not candidates:
            return None
        manifest = loaded(source, candidates[0], report)
        if manifest is None or not is_index(manifest):
            break
        children = [m for m in listed(manifest.get("manifests")) if isinstance(m, dict)]
        report.add("INDEX", "manifest", several(children))
        if source.is_flat:  # the images themselves have not been copied
            return None
        candidates = images_of(children)
    else:
        return None
    if manifest is not None and not source.is_remade:
        manifest = checked(manifest, candidates[0], report)
    return manifest


def several(descriptors):
    platforms = [platform_of(descriptor) for descriptor in descriptors]
    attested = sum(is_attestation(descriptor) for descriptor in descriptors)
    named = [p for p, d in zip(platforms, descriptors) if not is_attestation(d)]
    text = f"is an index of {len(named)} image{'s' if len(named) != 1 else ''}"
    if any(named):
        text += f" ({', '.join(p or 'no platform' for p in named[:8])})"
    return text + (f" and {attested} attestation manifest{'s' if attested != 1 else ''}"
                   if attested else "")


def platform_of(descriptor):
    platform = descriptor.get("platform")
    if not isinstance(platform, dict):
        return ""
    return f"{platform.get('os', '?')}/{platform.get('architecture', '?')}"


def is_attestation(descriptor):
    annotations = descriptor.get("annotations")
    return (isinstance(annotations, dict)
            and annotations.get("vnd.docker.reference.type") == "attestation-manifest")


def images_of(descriptors):
    """Those that Lambda could run first; attestations are no images."""
    images = [d for d in descriptors if not is_attestation(d)]
    return sorted(images, key=lambda d: platform_of(d) not in ("linux/amd64", "linux/arm64"))


def loaded(source, descriptor, report):
    if source.is_named:
        return descriptor["manifest"]
    data = descriptor.get("data") if isinstance(descriptor.get("data"), bytes) else None
    if data is None:
        name = source.name_of(descriptor)
        data = read_small(source.blobs, name) if name else None
        if data is None:
            report.add("DIGEST", descriptor.get("digest"), "there is no such manifest")
            return None
        algorithm, _, digest = descriptor["digest"].partition(":")
        if hashlib.new(algorithm, data).hexdigest() != digest:
            report.add("DIGEST", descriptor["digest"], "the manifest has another digest")
            return None
    manifest = parse_json(data)
    if not isinstance(manifest, dict):
        report.add("SCHEMA", "manifest", "is no JSON object")
        return None
    return manifest


def is_index(manifest):
    return manifest.get("mediaType") in INDEXES or (
        "manifests" in manifest and "layers" not in manifest)


def checked(manifest, descriptor, report):
    if manifest.get("schemaVersion") != 2:
        report.add("SCHEMA", "manifest", f"has schemaVersion {manifest.get('schemaVersion')}")
        return None
    media_type = manifest.get("mediaType", descriptor.get("mediaType", MANIFESTS[0]))
    if media_type not in MANIFESTS:
        report.add("MEDIATYPE", "manifest", f"has mediaType {media_type}")
        return None
    config = manifest.get("config")
    config_type = config.get("mediaType") if isinstance(config, dict) else None
    if config_type not in CONFIGS:
        report.add("MEDIATYPE", "manifest: config", f"has mediaType {config_type}")
        return None
    return manifest


def listed(value):
    return value if isinstance(value, list) else []
