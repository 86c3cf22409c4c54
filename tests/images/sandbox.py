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

UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
INSIDE = "SPRY_TEST_SANDBOX"
# What engines write into outside of the folders that they are given.
HIDDEN = "/run", "/dev/shm"
FOLDER = Path("/run/spry-test")  # in memory, and with a path as short as podman wants it
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def enter():
    """Runs this program again, inside. Returns, outside as well, why that cannot be; or None."""
    if INSIDE not in os.environ:
        tried = subprocess.run([*UNSHARE, "true"], stdin=subprocess.DEVNULL, capture_output=True,
                               text=True, timeout=60)
        if tried.returncode != 0:
            return f"no container can run here: {tried.stderr.strip()}"
        os.environ[INSIDE] = "1"
        os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, *sys.argv])
    for folder in HIDDEN:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True, timeout=60)
    FOLDER.mkdir()
    raise_loopback()
    return None


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags, = struct.unpack("16xH14x", request)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
