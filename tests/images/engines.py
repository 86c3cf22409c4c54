# SPDX-License-Identifier: Apache-2.0
"""podman and Docker, each with a store of its own, and Docker with a daemon of its own: in a sandbox,
which they need. One description of how Lambda runs an image is for both."""
import errno
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

PATIENCE = 60  # beyond this an engine hangs
PORT = 9000  # as documented; the sandbox has every port free
INSIDE_PORT, LISTEN = 8080, "0A"  # as /proc has them
INVOKE = "/2015-03-31/functions/function/invocations"
# As Lambda has it: a root that is only read, /tmp, a user without rights, 128 MB, and 1024 descriptors
# and processes.
UID, GID = 993, 990
MEMORY = 128 << 20
AS_LAMBDA = f"""--read-only --tmpfs /tmp:rw,nosuid,nodev,size=512m,mode=1777 --user {UID}:{GID}
    --cap-drop ALL --security-opt no-new-privileges --memory 128m --memory-swap 128m
    --ulimit nofile=1024:1024 --ulimit nproc=1024:1024""".split()


class Unavailable(Exception):
    """The engine is not installed or runs nothing here."""


class Engine:
    """Runs until the end of the with block. Images are in memory, or in the folder `store`, whose disk has
    room for what builds take; an engine with one builds with the machine's network, and publishes no ports."""

    def __init__(self, folder, store=None):
        self.folder = Path(folder) / "engine"
        self.folder.mkdir()
        self.store = store
        self.group = f"/spry-test-{os.urandom(6).hex()}"

    def __enter__(self):
        for tool in self.tools:
            if not shutil.which(tool):
                raise Unavailable(f"there is no {tool} (./dev setup --peers {self.name})")
        return self

    def __exit__(self, *_):
        """Control groups are not in the sandbox: one of each kind, or one in all. podman's conmon may
        still be about to leave them."""
        root, end = Path("/sys/fs/cgroup"), time.monotonic() + PATIENCE
        for parent in (root, *root.iterdir()):
            for folder, _, _ in os.walk(f"{parent}{self.group}", topdown=False):
                while not removed(folder):
                    assert time.monotonic() < end, f"{folder} does not become empty"
                    time.sleep(0.02)

    def command(self, *arguments):
        return [str(word) for word in (*self.program, *arguments)]

    def call(self, *arguments, patience=PATIENCE):
        return subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=patience,
                              env=self.variables)

    def __call__(self, *arguments, patience=PATIENCE):
        ended = self.call(*arguments, patience=patience)
        assert ended.returncode == 0, f"{self.name} {' '.join(map(str, arguments))}: {ended.stderr}"
        return ended.stdout

    @property
    def variables(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder)}

    def run_options(self, as_lambda, network=("-p", f"{PORT}:{INSIDE_PORT}")):
        options = [*self.always, "--pull=never", *network]
        if not as_lambda:
            return options
        return [*options, *AS_LAMBDA, *self.as_lambda]

    def container(self, image, *command, options=(), as_lambda=True):
        return Container(self, image, command, options, as_lambda)


class Podman(Engine):
    name = "podman"
    tools = "podman", "runc"
    as_lambda = ["--read-only-tmpfs=false"]  # it does by itself what neither Lambda nor Docker does
    build = ["build", "--isolation", "chroot", "--pull=never"]
    as_oci = ["--format", "oci-archive"]

    @property
    def always(self):
        return [f"--cgroup-parent={self.group}"]

    def take_layout(self, layout, tag, name):
        """An image of an OCI layout, as `name`."""
        self("tag", self("pull", "--quiet", f"oci:{layout}:{tag}").split()[-1], name)

    def __enter__(self):
        super().__enter__()
        # By itself it asks for more than it may have.
        (self.folder / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n')
        return self

    @property
    def variables(self):
        return {**super().variables, "CONTAINERS_CONF": str(self.folder / "containers.conf")}

    @property
    def program(self):
        # runc also runs where crun does not, with cgroups of both versions. No daemon of systemd is
        # in the sandbox.
        return ["podman", "--root", self.store or self.folder / "store", "--runroot", self.folder / "run",
                "--storage-driver", "overlay", "--runtime", "runc", "--cgroup-manager", "cgroupfs",
                "--events-backend", "file"]


class Docker(Engine):
    name = "docker"
    tools = "docker", "dockerd", "containerd", "runc"
    always, as_lambda, as_oci = [], [], []
    build = ["build"]
    builds_with_buildkit = False  # which is not in every client

    @property
    def variables(self):
        return {**super().variables, "DOCKER_BUILDKIT": str(int(self.builds_with_buildkit))}

    def use_buildkit(self):
        """From now on, by a client that has it: its own, or buildx. Returns what that says of its options."""
        self.builds_with_buildkit = True
        for folder in os.environ["PATH"].split(":"):
            self.program[0] = shutil.which("docker", path=folder)
            if self.program[0]:
                told = self.call("build", "--help")
                if told.returncode == 0:
                    return told.stdout
        raise Unavailable("no docker here has BuildKit: ./dev test images installs docker-buildx, "
                          "where Debian has it")

    def take_layout(self, layout, tag, name):
        """An image of an OCI layout, as `name`."""
        if not shutil.which("skopeo"):
            raise Unavailable("there is no skopeo (./dev setup --peers skopeo)")
        skopeo = ["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-daemon-host", self.program[2],
                  f"oci:{layout}:{tag}", f"docker-daemon:{name}"]
        copied = subprocess.run(skopeo, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=PATIENCE, env=self.variables)
        assert copied.returncode == 0, copied.stdout

    def __enter__(self):
        super().__enter__()
        self.processes = []
        parts = {part: self.folder / part for part in (
            "containerd.sock", "docker.sock", "pid", "root", "exec", "containerd-root", "state")}
        self.program = ["docker", "--host", f"unix://{parts['docker.sock']}"]
        try:
            self.daemon("containerd", "--address", parts["containerd.sock"],
                        "--root", parts["containerd-root"], "--state", parts["state"])
            self.wait_for("containerd", parts["containerd.sock"].exists)
            self.daemon("dockerd", "--containerd", parts["containerd.sock"],
                        "--host", self.program[2], "--pidfile", parts["pid"],
                        "--data-root", self.store or parts["root"], "--exec-root", parts["exec"],
                        *(["--bridge", "none", "--iptables=false"] if self.store else []),
                        f"--cgroup-parent={self.group}")  # for who gives none, as SAM
            self.wait_for("dockerd", lambda: self.call("info").returncode == 0)
        except Unavailable:
            self.__exit__()
            raise
        return self

    def daemon(self, program, *arguments):
        with open(self.folder / f"{program}.log", "wb") as log:
            self.processes.append(subprocess.Popen(
                [program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.variables))

    def wait_for(self, program, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end or self.processes[-1].poll() is not None:
                log = (self.folder / f"{program}.log").read_text(errors="replace").splitlines()
                raise Unavailable(f"{program} does not start here: {' '.join(log[-1:])}")
            time.sleep(0.02)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(PATIENCE)
        super().__exit__()


class Container:
    """Runs and listens until the end of the with block, and is gone then."""

    def __init__(self, engine, image, command, options, as_lambda):
        self.engine = engine
        ended = engine.call("run", "-d", *engine.run_options(as_lambda), *options, image, *command)
        self.started = ended.returncode == 0
        self.id, self.said = ended.stdout.strip(), ended.stderr

    def __enter__(self):
        assert self.started, self.said
        end = time.monotonic() + PATIENCE
        while not listens(self.state("Pid")):
            if time.monotonic() > end or self.state("Running") != "true":
                log = self.log()
                self.__exit__()
                raise AssertionError(f"{self.engine.name}: the function does not listen: {log}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.engine("rm", "--force", self.id)

    def log(self):
        ended = self.engine.call("logs", self.id)
        return ended.stdout + ended.stderr

    def state(self, name):
        return self.engine("inspect", "--format", f"{{{{.State.{name}}}}}", self.id).strip()

    def invoke(self, event):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://localhost:{PORT}{INVOKE}"
        with opener.open(url, json.dumps(event).encode(), timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def processes(self):
        return processes_beside(self.state("Pid"))

    def stop(self):
        """What it exits with when it is asked to end."""
        self.engine("kill", "--signal", "TERM", self.id)
        return int(self.engine("wait", self.id))


def listens(number):
    """Whether someone does, on the documented port of that process's network. AWS's emulator does not say so."""
    for table in "tcp", "tcp6":
        try:
            lines = Path(f"/proc/{number}/net/{table}").read_text().splitlines()[1:]
        except OSError:  # it has ended
            return False
        if any(line.split()[1].endswith(f":{INSIDE_PORT:04X}") and line.split()[3] == LISTEN for line in lines):
            return True
    return False


def processes_beside(number):
    """All that see each other and this one in a container, by their numbers out here."""
    own = os.readlink(f"/proc/{number}/ns/pid")
    return [Process(entry) for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and namespace(entry) == own]


def removed(group):
    try:
        os.rmdir(group)
    except OSError as failure:
        if failure.errno != errno.EBUSY:
            raise
        return False
    return True


def namespace(process):
    try:
        return os.readlink(process / "ns/pid")
    except OSError:  # it has ended
        return None


class Process:
    def __init__(self, folder):
        self.folder = folder
        self.status = dict(re.findall(r"^(\w+):\s*(.*)$", (folder / "status").read_text(), re.M))
        self.resident_kib = int(self.status["VmRSS"].split()[0])
        self.variables = dict(pair.split("=", 1) for pair in
                              (folder / "environ").read_text().split("\0") if pair)

    def is_in(self, path):
        """Whether that folder of its own root is its working directory."""
        return os.path.samefile(self.folder / "cwd", f"{self.folder}/root{path}")

    def limit(self, name):
        """Soft and hard, as /proc says them."""
        return re.search(rf"^{name}\s+(\S+)\s+(\S+)", (self.folder / "limits").read_text(), re.M).groups()

    def mount(self, path):
        """The type of its file system, and its options."""
        for line in (self.folder / "mountinfo").read_text().splitlines():
            fields, _, system = line.partition(" - ")
            if fields.split()[4] == path:
                return system.split()[0], fields.split()[5].split(",")
        return None

    def memory(self):
        """The bytes that it and the others of its container may have."""
        groups = dict(line.split(":", 2)[1:] for line in
                      (self.folder / "cgroup").read_text().splitlines())
        if "memory" in groups:
            file = Path(f"/sys/fs/cgroup/memory{groups['memory']}/memory.limit_in_bytes")
        else:
            file = Path(f"/sys/fs/cgroup{groups['']}/memory.max")
        return int(file.read_text())
