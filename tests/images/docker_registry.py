# SPDX-License-Identifier: Apache-2.0
"""A real registry on a free port of the loopback: Debian's docker-registry, with a login as ECR's."""
import base64
import ctypes
import json
import os
import re
import resource
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

UNPACKED = Path(__file__).resolve().parents[2] / ".deps/peers/registry/docker-registry"
PROGRAM = str(UNPACKED) if UNPACKED.exists() else shutil.which("docker-registry")
PATIENCE = 30  # beyond this it does not start
ACCEPTED = ", ".join(("application/vnd.oci.image.manifest.v1+json",
                      "application/vnd.docker.distribution.manifest.v2+json"))


def hashed(password):
    """With bcrypt, as docker-registry wants it; the C library's own, which every Debian has."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), b"$2y$04$abcdefghijklmnopqrstuu").decode()


class DockerRegistry:
    """Runs until the end of the with block; its files are in `folder`. `largest` is the size of the
    largest file that it can write, which stands for a full disk."""

    def __init__(self, folder, password=None, host="127.0.0.1", largest=resource.RLIM_INFINITY):
        self.folder, self.password, self.host, self.largest = Path(folder), password, host, largest

    def __enter__(self):
        self.folder.mkdir(parents=True)
        settings = {"version": "0.1", "log": {"level": "info"},
                    "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}},
                    "http": {"addr": f"{self.host}:0"}}
        if self.password:
            (self.folder / "passwords").write_text(f"AWS:{hashed(self.password)}\n")
            settings["auth"] = {"htpasswd": {"realm": "test",
                                             "path": str(self.folder / "passwords")}}
        (self.folder / "settings").write_text(json.dumps(settings))  # JSON is YAML, too
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", self.folder / "settings"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"},
                preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (self.largest, self.largest)))
        self.port = self.wait_for_port()
        self.address = f"{self.host}:{self.port}"
        return self

    def wait_for_port(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r"listening on \S+:(\d+)", self.log())
            if found:
                return int(found[1])
            time.sleep(0.02)
        self.__exit__()
        raise RuntimeError(f"docker-registry does not start: {self.log()}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def count(self, method):
        """How often it was asked with this method."""
        return len(re.findall(rf'"{method} /v2/', self.log()))

    def digest(self, name):
        """What it says that REPOSITORY:TAG, or REPOSITORY:DIGEST, is, or None."""
        repository, _, tag = name.partition(":")
        request = urllib.request.Request(
            f"http://{self.address}/v2/{repository}/manifests/{tag}", method="HEAD",
            headers={"Accept": ACCEPTED})
        if self.password:
            login = base64.b64encode(f"AWS:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {login}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return answer.headers["Docker-Content-Digest"]
        except urllib.error.HTTPError as refused:
            refused.close()
            if refused.code == 404:
                return None
            raise
