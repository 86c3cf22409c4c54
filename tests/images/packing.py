# SPDX-License-Identifier: Apache-2.0
"""Images of real executables, made by the program behind spry_image."""
import json
import platform
import subprocess
from pathlib import Path

PACK = Path(__file__).resolve().parents[2] / "cmake/spry_pack/image"
BOOTSTRAP = "/var/runtime/bootstrap"


def pack(output, executable, *files, form="oci", name="hello", tag="1", processor=None, **settings):
    """Writes OUTPUT, OUTPUT.tar and OUTPUT.digest, and returns OUTPUT. `files` are pairs, as for
    spry_image; the settings are those of the image's config."""
    output = Path(output)
    settings = {"Entrypoint": [BOOTSTRAP], "WorkingDir": "/", **settings}
    described = output.with_name(output.name + ".json")
    described.write_text(json.dumps(settings))
    command = [PACK, output, processor or platform.machine(), form, name, tag, described,
               settings["WorkingDir"], executable, settings["Entrypoint"][0], *files]
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL, timeout=60)
    return output
