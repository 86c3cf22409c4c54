# SPDX-License-Identifier: Apache-2.0
"""The programs behind spry_image and spry_zip, called with executables that are real or made up."""
import json
import os
import platform
import struct
import subprocess
from pathlib import Path

from layout import expect, fail

PACKERS = Path(__file__).resolve().parents[2] / "cmake/spry_pack"
BOOTSTRAP = "/var/runtime/bootstrap"


def pack(output, executable, *files, form="oci", name="hello", tag="1", processor=None, **settings):
    """Writes OUTPUT, OUTPUT.tar and OUTPUT.digest, and returns OUTPUT. `files` are pairs, as for
    spry_image; the settings are those of the image's config."""
    output = Path(output)
    settings = {"Entrypoint": [BOOTSTRAP], "WorkingDir": "/", **settings}
    described = output.with_name(output.name + ".json")
    described.write_text(json.dumps(settings))
    made(run([PACKERS / "image", output, processor or platform.machine(), form, name, tag, described,
              settings["WorkingDir"], executable, settings["Entrypoint"][0], *files]))
    return output


def elf(machine=62, segment=1):
    """An ELF file for x86_64 (62) or aarch64 (183) with one segment: 1 is loaded, 3 names a loader."""
    head = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, machine, 1, 0, 64, 0, 0,
                       64, 56, 1, 64, 0, 0)
    return head + struct.pack("<I52x", segment) + bytes(range(256)) * 4096


def start(folder, contents):
    """A fresh folder with the executable and the settings in it."""
    folder.mkdir()
    (folder / "function").write_bytes(contents)
    (folder / "settings").write_text(f'{{"Entrypoint":["{BOOTSTRAP}"],"WorkingDir":"/"}}')
    return folder


def image(folder, *more, processor="x86_64", form="oci", entry=BOOTSTRAP, workdir="/", **options):
    return run([PACKERS / "image", folder / "out", processor, form, "name", "tag", folder / "settings",
                workdir, folder / "function", entry, *more], **options)


def make_zip(folder, processor="x86_64", **options):
    return run([PACKERS / "zip", folder / "out", processor, folder / "function"], **options)


def run(command, **options):
    options["env"] = {**os.environ, **options.get("env", {})}
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **options)


def made(ended):
    expect("packing", (ended.returncode, ended.stdout, ended.stderr), (0, "", ""))


def outputs(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("out"))


def refused(ended, folder, *parts, left=()):
    expect("exit code, output", (ended.returncode, ended.stdout), (1, ""))
    if ended.stderr.count("\n") != 1 or not all(part in ended.stderr for part in parts):
        fail(f"not one line with {parts}: {ended.stderr}")
    expect("what is left", outputs(folder), list(left))
