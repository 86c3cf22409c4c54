# SPDX-License-Identifier: Apache-2.0
"""The table of rules. An error is what Lambda refuses or cannot run; a warning is what it ignores,
hides or was reported to refuse. `section` is the section of the runtime contract."""
from typing import NamedTuple


class Rule(NamedTuple):
    weight: str
    section: str
    meaning: str
    cure: str


def error(meaning, cure, section="6 Formats"):
    return Rule("error", section, meaning, cure)


def warning(meaning, cure, section="6 Formats"):
    return Rule("warning", section, meaning, cure)


RULES = {
    # The manifest.
    "SCHEMA": error(
        "the manifest is of schema 2", "push with Docker 1.10 or later, or with podman or skopeo"),
    "MEDIATYPE": error(
        "the manifest is one of an OCI image or of a Docker v2 schema 2 image",
        "push an image (podman push --format oci or v2s2), not an artifact"),
    "INDEX": error(
        "a function's image is one manifest, no index of several",
        "build for one platform with --provenance=false --sbom=false"),
    "DIGEST": error(
        "every blob is there and is what its descriptor says",
        "write the image again, or copy it again with skopeo copy --preserve-digests"),
    # The config.
    "CONFIG": error(
        "the config is JSON of an image's shape", "build the image again; do not edit its config"),
    "OS": error("the image is for Linux", "build with --platform linux/amd64 or linux/arm64"),
    "ARCH": error(
        "the image is for amd64 or arm64, as the function is",
        "build with --platform linux/amd64 or linux/arm64, as the function's architecture is"),
    "HISTORY": warning(
        "the history has an entry for each layer", "build without removing the history"),
    "IGNORED": warning(
        "Lambda reads ENTRYPOINT, CMD, WORKDIR and ENV only", "leave it out",
        "6 Override, User"),
    "WORKDIR": error(
        "WORKDIR is an absolute path of a folder in the image",
        "set WORKDIR to a folder that is in a layer, such as / or /var/task", "6 Override"),
    "ENVRESERVED": error(
        "variables that Lambda sets are not in the image", "leave it out of ENV", "4.1"),
    "SNAPSTART": warning(
        "the SnapStart label's value is Allow",
        'write LABEL com.amazonaws.lambda.feature.snapstart="Allow"', "6 SnapStart label"),
    # The layers.
    "LAYERTYPE": error(
        "a layer is a tar of gzip that the registry holds",
        "build with compression=gzip,force-compression=true"),
    "UNCOMPRESSED": warning(
        "layers are compressed with gzip", "build with compression=gzip,force-compression=true"),
    "TAR": error(
        "a layer is a whole tar archive, and of files inside the image",
        "write the layer with GNU tar or a current build tool"),
    "DIFFIDS": error(
        "the config names each layer's uncompressed digest", "build the image again"),
    "SIZE": error(
        "all layers together have at most 10 GB uncompressed",
        "leave build tools and caches out: copy what runs into a last FROM", "6 Size"),
    # What is executed.
    "ENTRYPOINT": error(
        "the image has an ENTRYPOINT", 'write ENTRYPOINT ["/absolute/path"]', "6 Own base image"),
    "EPABS": error(
        "the entry point is an absolute path", 'write ENTRYPOINT ["/absolute/path"]',
        "6 Own base image"),
    "EPLINK": error(
        "the entry point is no symbolic link", "name the file that the link leads to",
        "6 Own base image"),
    "EPLINKDIR": warning(
        "no folder of the entry point's path is a symbolic link",
        "name the path without symbolic links", "6 Own base image"),
    "EPMISSING": error(
        "the entry point is in the image", "copy it there, or correct ENTRYPOINT",
        "6 Own base image"),
    "EPFILE": error(
        "the entry point is a regular file", "name the program itself", "6 Own base image"),
    "EPSHELL": warning(
        "the entry point is in exec form, so that SIGTERM reaches it",
        'write ENTRYPOINT ["/absolute/path"] in brackets', "6 Own base image"),
    "EPMODE": error(
        "every user may execute the entry point", "set its mode to 0755", "6 User"),
    "EPELF": error(
        "the entry point is a whole ELF program or a script with #!",
        "copy the program as the build wrote it", "6 Own base image"),
    "EPARCH": error(
        "programs are for the config's architecture",
        "build the program and the image for the same platform"),
    "EPDYN": error(
        "the loader or interpreter of the entry point is in the image",
        "link statically, or copy the loader and its libraries into the image",
        "6 Own base image"),
    "BOOTSTRAP": error(
        "the bootstrap that lambda-entrypoint.sh executes is there",
        "copy the runtime there with mode 0755", "6 lambda-entrypoint.sh"),
    "HANDLER": warning(
        "lambda-entrypoint.sh takes exactly one argument",
        'write CMD ["handler"], or set it in the function\'s ImageConfig',
        "6 lambda-entrypoint.sh"),
    "EXTENSION": error(
        "the files directly in /opt/extensions are executable for every user",
        "set their mode to 0755, or move them elsewhere", "6 Extensions"),
    # The other files.
    "PERM": error(
        "every user may read the files and search the folders",
        "set folders to 0755 and files to 0644 (COPY --chmod)", "6 User"),
    "NOTMP": warning(
        "/tmp is there for Lambda to mount on", "make /tmp with mode 1777", "6 File system"),
    "TMPMODE": warning("/tmp is writable for every user", "set its mode to 1777", "6 File system"),
    "TMPFILE": warning(
        "/tmp is empty, since Lambda mounts another one over it", "put the file elsewhere",
        "6 File system"),
    "SUID": warning(
        "no file is set-user-ID or set-group-ID, which Lambda does not honour",
        "chmod u-s,g-s", "6 User"),
    "DEVICE": warning(
        "there are no device files, which Lambda does not give", "leave it out", "6 User"),
}
