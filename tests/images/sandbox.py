# SPDX-License-Identifier: Apache-2.0
"""Processes, mounts and a network of one's own, for tests that run containers: what they start is gone
with them, meets nothing of this machine or of another test, and finds every port free."""
import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

WITH_NETWORK = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
UNSHARE = [*WITH_NETWORK, "--net"]
INSIDE = "SPRY_TEST_SANDBOX"
# What engines write into outside of the folders that they are given.
HIDDEN = "/run", "/dev/shm"
FOLDER = Path("/run/spry-test")  # in memory, and with a path as short as podman wants it
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def why_not(unshare):
    tried = subprocess.run([*unshare, "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           timeout=60)
    return f"no container can run here: {tried.stderr.strip()}" if tried.returncode != 0 else None


def enter():
    """Runs this program again, inside. Returns, outside as well, why that cannot be; or None."""
    if INSIDE not in os.environ:
        reason = why_not(UNSHARE)
        if reason:
            return reason
        os.environ[INSIDE] = "1"
        os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, *sys.argv])
    hide()
    raise_loopback()
    return None


def with_network(command):
    """The exit code of `command`, a Python script's, inside but with this machine's network."""
    return subprocess.run([*WITH_NETWORK, sys.executable, *map(str, command)],
                          env={**os.environ, INSIDE: "1"}).returncode


def hide():
    names = Path("/etc/resolv.conf")  # which may be a link into /run
    text = names.read_text() if names.exists() else ""
    for folder in HIDDEN:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True, timeout=60)
    if not names.exists():
        names.resolve().parent.mkdir(parents=True, exist_ok=True)
        names.resolve().write_text(text)
    FOLDER.mkdir()


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags, = struct.unpack("16xH14x", request)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
