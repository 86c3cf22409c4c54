# SPDX-License-Identifier: Apache-2.0
"""Images that are no files: skopeo, podman or docker writes them into a temporary folder."""
import atexit
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from .report import Unreadable, printable

# Who signed the image does not matter: nothing of it is executed.
COPY = ("skopeo", "--insecure-policy", "copy", "--quiet")


# A disk that is full, or a limit that stands for one.
NO_SPACE = re.compile("no space left on device|file too large|disk quota exceeded", re.I)


def run(command):
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    if ended.returncode != 0:
        reason = reason_of(ended.stderr)
        cure = f"make room in {tempfile.gettempdir()}" if NO_SPACE.search(reason) else \
            "name an image that it can"
        raise Unreadable(f"{command[0]} cannot read it ({printable(reason)}); {cure}")
    return ended.stdout


def reason_of(errors):
    """The last line of a tool's errors, without what is in front of it in a log."""
    lines = errors.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return re.sub(r'^time=\S+ level=\S+ msg=', "", lines[-1])


def cured(failure):
    """What this machine's system has refused, mostly under a temporary file, and what to do about it."""
    if NO_SPACE.search(failure.strerror or ""):
        return f"{failure.strerror}; make room in {tempfile.gettempdir()}"
    return f"{failure}; see to it and try again"


def end_cleanly_on_signals():
    """No temporary folder and no child stays behind."""
    for number in signal.SIGHUP, signal.SIGINT, signal.SIGTERM:
        signal.signal(number, end)


def end(number, _):
    # Also a child that is being started, of which subprocess does not know yet.
    with contextlib.suppress(OSError), open(
            f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as children:
        for child in map(int, children.read().split()):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    sys.exit(128 + number)  # by way of what removes temporary folders


def temporary_folder():
    folder = tempfile.mkdtemp(prefix="spry-lint-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def fetch(image):
    """The folder with the image, as skopeo's dir: or as an OCI layout, and whether a push would write
    its manifest anew."""
    transport, _, rest = image.partition(":")
    folder = temporary_folder()
    if transport == "docker" and rest.startswith("//"):
        need("skopeo", "the registry is read")
        # Of an index copy would take this machine's image. The index itself is what Lambda sees.
        raw = run(["skopeo", "inspect", "--raw", *tls("", rest), image])
        if b'"manifests"' in raw:
            with open(os.path.join(folder, "manifest.json"), "wb") as file:
                file.write(raw)
            with open(os.path.join(folder, "version"), "wb"):
                pass
        else:
            run([*COPY, "--preserve-digests", *tls("src-", rest), image, f"dir:{folder}"])
        return folder, False
    if transport in ("containers-storage", "docker-daemon"):
        need("skopeo", "the local image is read")
        run([*COPY, image, f"dir:{folder}"])
        return folder, True
    if shutil.which("skopeo"):
        run([*COPY, f"containers-storage:{image}", f"dir:{folder}"])
        return folder, True
    need("podman", "the local image is read")
    run(["podman", "save", "--quiet", "--format", "oci-dir", "--output", folder, image])
    return folder, True


def tls(side, reference):
    """A registry on this machine speaks no TLS; every other one must."""
    host = reference.lstrip("/").partition("/")[0].rpartition(":")[0]
    plain = host in ("localhost", "127.0.0.1", "[::1]")
    return [f"--{side}tls-verify=false"] if plain else []


def need(program, what):
    if not shutil.which(program):
        raise Unreadable(f"{what} by {program}, which is not installed; "
                         f"install it, or name an OCI layout or an archive")
