# SPDX-License-Identifier: Apache-2.0
"""What is in spry-base, and what runs on it. The script `base` runs one class of these."""
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent / "lint"))
import sandbox
from engines import Docker, INVOKE, PATIENCE, PORT, Unavailable
from image import elf
from restrictions import expect_restricted, filters

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("SPRY_BUILD_DIR", ROOT / "build/release")).resolve()
EMULATOR = BUILD / "emulator/spry-emulator"
WORK = BUILD / "tests/images/base"
LAYOUT = WORK / "spry-base.oci"
PEERS = ROOT / ".deps/peers"
TAGS = {"latest-x86_64": "amd64", "latest-arm64": "arm64"}
# What takes longer runs only where ./dev test images asks for it, and says so elsewhere.
THOROUGH = "SPRY_TEST_DOCKERFILES" in os.environ
UNREACHABLE = "resolving|connect to|unreachable"


def build(*arguments, **options):
    options.setdefault("env", dict(os.environ))
    return subprocess.run([ROOT / "image/base/build", *arguments], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=900, **options)


def emulator_of_arm64(folder):
    """Nothing of arm64 is executed, so one that would end at once stands for the real one here, which
    ./dev base builds."""
    path = folder / "spry-emulator-arm64"
    path.write_bytes(elf("arm64"))
    return path


def why_nothing_is_built():
    if not shutil.which("mmdebstrap"):
        return "there is no mmdebstrap (./dev setup --peers mmdebstrap)"
    tried = subprocess.run(["unshare", "--mount", "true"], stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, timeout=PATIENCE)
    return f"nothing can be mounted here: {tried.stderr.strip()}" if tried.returncode else None


class built(unittest.TestCase):
    """Builds it, once for all suites, and looks into it."""

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(WORK, ignore_errors=True)
        reason = why_nothing_is_built()
        if reason:
            raise unittest.SkipTest(reason)
        WORK.mkdir(parents=True)
        ended = build(LAYOUT, EMULATOR, emulator_of_arm64(WORK))
        if ended.returncode and re.search(UNREACHABLE, ended.stderr):
            raise unittest.SkipTest(f"Debian's mirrors are out of reach: {ended.stderr.strip()}")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", ""), ended
        assert sorted(os.listdir(WORK)) == ["spry-base.oci", "spry-base.oci.digest",
                                            "spry-emulator-arm64"], os.listdir(WORK)
        entries = json.loads((LAYOUT / "index.json").read_text())["manifests"]
        cls.tags = {e["annotations"]["org.opencontainers.image.ref.name"]: e for e in entries}

    def blob(self, descriptor):
        path = LAYOUT / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")
        self.assertEqual(path.stat().st_size, descriptor["size"])
        return path

    def document(self, descriptor):
        return json.loads(self.blob(descriptor).read_text())

    def lint(self, tag):
        """The rules that it finds broken, with warnings."""
        ended = subprocess.run([ROOT / "image/lint", "--json", f"oci:{LAYOUT}:{tag}"], text=True,
                               stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        self.assertEqual(ended.stderr, "")
        return [found["rule"] for found in json.loads(ended.stdout)["findings"]]

    def files(self, tag):
        """Members of all layers by their path, each with what is in it, and the config."""
        manifest = self.document(self.tags[tag])
        config = self.document(manifest["config"])
        members = {}
        for layer, digest in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
            with tarfile.open(self.blob(layer)) as archive:
                for member in archive:
                    content = archive.extractfile(member).read() if member.isreg() else b""
                    members["/" + member.name.removeprefix("./").strip("/")] = member, content
        return members, config

    def test_every_blob_is_what_its_name_says(self):
        for path in (LAYOUT / "blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)

    def test_one_tag_for_both_architectures(self):
        self.assertEqual(sorted(self.tags), ["latest", *sorted(TAGS)])
        self.assertEqual((WORK / "spry-base.oci.digest").read_text(), self.tags["latest"]["digest"] + "\n")
        index = self.document(self.tags["latest"])
        self.assertEqual(index["mediaType"], "application/vnd.oci.image.index.v1+json")
        self.assertEqual(
            [(e["platform"], e["digest"]) for e in index["manifests"]],
            [({"architecture": a, "os": "linux"}, self.tags[t]["digest"]) for t, a in TAGS.items()])

    def test_nothing_for_lint_but_what_a_base_lacks(self):
        """A base has neither bootstrap nor CMD yet; an index is right for it and wrong for a function."""
        lacking = ["HANDLER", "BOOTSTRAP"]
        self.assertEqual(self.lint("latest"), ["INDEX", *lacking])
        for tag in TAGS:
            self.assertEqual(self.lint(tag), lacking)

    def test_what_both_have(self):
        userlands = []
        for tag, architecture in TAGS.items():
            files, document = self.files(tag)
            self.assertEqual((document["os"], document["architecture"]), ("linux", architecture))
            config = document["config"]
            self.assertEqual(config["Entrypoint"], ["/lambda-entrypoint.sh"])
            self.assertEqual(config["WorkingDir"], "/var/task")
            self.assertNotIn("Cmd", config)
            variables = dict(pair.split("=", 1) for pair in config["Env"])
            self.assertEqual(variables["LAMBDA_TASK_ROOT"], "/var/task")
            self.assertEqual(variables["LAMBDA_RUNTIME_DIR"], "/var/runtime")
            for folder in "/var/task", "/var/runtime", "/opt", "/tmp":
                self.assertTrue(files[folder][0].isdir(), folder)
            self.assertEqual(files["/usr/local/bin/aws-lambda-rie"][0].linkname, "spry-emulator")
            for path in "/etc/ssl/certs/ca-certificates.crt", "/etc/passwd", "/etc/group":
                self.assertGreater(len(files[path][1]), 100, path)
            for path in "/etc/hostname", "/etc/resolv.conf":  # of the machine that built it
                self.assertNotIn(path, files)
            self.expect_programs(files, {"amd64": 62, "arm64": 183}[architecture])
            userlands.append({path for path in files if re.match("/usr/s?bin/", path)})
        # Links of alternatives that nobody needs, and names of processors that x86_64 can pretend to be.
        self.assertEqual(userlands[0] - userlands[1], {
            "/usr/bin/pager", "/usr/sbin/rmt", "/usr/bin/x86_64", "/usr/bin/i386"})
        self.assertEqual(userlands[1] - userlands[0], set())

    def expect_programs(self, files, machine):
        programs = {path: content for path, (_, content) in files.items() if content[:4] == b"\x7fELF"}
        self.assertGreater(len(programs), 100)
        for path, content in programs.items():
            self.assertEqual(int.from_bytes(content[18:20], "little"), machine, path)
        for path in "/usr/bin/bash", "/usr/bin/curl", "/usr/local/bin/spry-emulator":
            self.assertIn(path, programs)


class refused(unittest.TestCase):
    """Bad input gets one line and leaves nothing."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="spry-base-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.arm64 = emulator_of_arm64(self.folder)
        self.tools = self.folder / "bin"
        self.tools.mkdir()

    def expect_refused(self, *parts, arguments=None, code=1, **options):
        output = self.folder / "out/base"
        output.parent.mkdir(exist_ok=True)
        ended = build(*(arguments or (output, EMULATOR, self.arm64)), **options)
        self.assertEqual((ended.returncode, ended.stdout), (code, ""), ended.stderr)
        self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        for part in parts:
            self.assertIn(part, ended.stderr)
        self.assertEqual(list(output.parent.iterdir()), [])

    def mmdebstrap(self, text):
        """One that does what `text` says stands for the real one."""
        (self.tools / "mmdebstrap").write_text(f"#!/bin/sh\n{text}\n")
        (self.tools / "mmdebstrap").chmod(0o755)
        return {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}"}

    def test_wrong_use(self):
        self.expect_refused("usage:", arguments=["out"], code=2)

    def test_no_mmdebstrap(self):
        for tool in "dirname rm sh tar gzip sha256sum od stat date find sort grep tr mkdir mv cat cp chmod".split():
            (self.tools / tool).symlink_to(shutil.which(tool))
        self.expect_refused("mmdebstrap is needed", "./dev setup --peers mmdebstrap",
                            env={"PATH": str(self.tools)})

    def test_no_name_of_a_suite(self):
        self.expect_refused("SPRY_BASE_SUITE is ../x", env={**self.mmdebstrap("true"),
                                                            "SPRY_BASE_SUITE": "../x"})

    def test_an_unknown_suite(self):
        env = self.mmdebstrap("echo I: working; echo 'E: no such suite' >&2; echo more; exit 1")
        self.expect_refused("cannot make nosuch: E: no such suite", "within reach",
                            env={**env, "SPRY_BASE_SUITE": "nosuch"})

    def test_a_user_who_may_not(self):
        env = self.mmdebstrap("echo 'E: unable to pick chroot mode automatically' >&2; exit 1")
        self.expect_refused("cannot make trixie: E: unable to pick", "be root, or a user", "uidmap", env=env)

    def test_the_emulators_swapped(self):
        output = self.folder / "out/base"
        self.expect_refused("is for aarch64", arguments=[output, self.arm64, EMULATOR],
                            env=self.mmdebstrap("true"))

    def test_no_folder_for_the_output(self):
        output = self.folder / "out/missing/base"
        self.expect_refused(f"there is no folder {output.parent}", "make it first",
                            arguments=[output, EMULATOR, self.arm64], env=self.mmdebstrap("true"))

    def test_no_emulator(self):
        output = self.folder / "out/base"
        self.expect_refused("there is no file /missing; build it first",
                            arguments=[output, "/missing", self.arm64], env=self.mmdebstrap("true"))

    def test_too_little_space(self):
        """A limit on files stands for a full disk; mmdebstrap has written its tree elsewhere by then."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

        paths = ("etc/ssl/certs/x", "etc/alternatives/x", "etc/group", "etc/nsswitch.conf", "etc/passwd",
                 "etc/profile", "etc/shells", "usr/bin/awk", "usr/bin/nawk", "usr/bin/which",
                 "var/lib/dpkg/status")
        for path in paths:
            (self.tools / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
            (self.tools / "tree" / path).write_text("Package: bash\n")
        env = self.mmdebstrap('for tar; do :; done; tar -cf "$tar" -C "${0%/*}/tree" .')
        self.expect_refused("cannot write", "is there space", env=env, preexec_fn=limit)


def need_thorough():
    if not THOROUGH:
        raise unittest.SkipTest("takes longer than the tests of every day may: ./dev test images")


def need_base():
    if not LAYOUT.exists():
        raise unittest.SkipTest("spry-base is not built: the test images.base_built says why")


class same_again(unittest.TestCase):
    """Another folder, umask, time zone, language and date of the emulator leave no trace: the digest
    covers all layers and configs."""

    def test_the_digest(self):
        need_thorough()
        need_base()
        with tempfile.TemporaryDirectory(prefix="spry base again ") as name:
            folder = Path(name)
            emulator = folder / "emulator"
            emulator.write_bytes(EMULATOR.read_bytes())
            emulator.chmod(0o700)
            env = {**os.environ, "TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "GZIP": "-1"}
            ended = build("base", emulator, emulator_of_arm64(folder), cwd=folder, umask=0o077, env=env)
            self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "", ""))
            self.assertEqual((folder / "base.digest").read_text(),
                             (WORK / "spry-base.oci.digest").read_text())
            self.assertEqual(blobs(folder / "base"), blobs(LAYOUT))


def blobs(layout):
    return sorted(path.name for path in (layout / "blobs/sha256").iterdir())


class InEngine(unittest.TestCase):
    """engine_type and why_not, which is why nothing can run here, are the script's."""

    @classmethod
    def setUpClass(cls):
        if cls.engine_type is Docker:
            need_thorough()
        need_base()
        if cls.why_not:
            raise unittest.SkipTest(cls.why_not)
        try:
            cls.engine = cls.enterClassContext(cls.engine_type(sandbox.FOLDER))
            cls.engine.take_layout(LAYOUT, "latest-x86_64", "spry-base:latest")
        except Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None
        tried = cls.engine.call("run", "--rm", *cls.engine.run_options(as_lambda=False),
                                "--entrypoint", "/bin/true", "spry-base:latest")
        if tried.returncode:
            raise unittest.SkipTest(f"{cls.engine.name} runs no container here: {tried.stderr.strip()}")

    def expect_as_on_lambda(self, image, answer, *command):
        """To the event of tea."""
        for options in filters(sandbox.FOLDER) if THOROUGH else [[]]:
            with self.engine.container(image, *command, options=options) as container:
                self.assertEqual(container.invoke({"name": "tea"}), answer)
                for process in container.processes():
                    expect_restricted(process)
                self.assertEqual(container.stop(), 0)

    def derived(self, dockerfile, texts=(), copied=()):
        """An image FROM spry-base, gone after the test. `texts` are programs; what is `copied` is a file
        or a folder, or a list of files for a folder."""
        context = Path(tempfile.mkdtemp(dir=sandbox.FOLDER))
        self.addCleanup(shutil.rmtree, context)
        for name, text in dict(texts).items():
            (context / name).write_text(text)
            (context / name).chmod(0o755)
        for name, source in dict(copied).items():
            if isinstance(source, list):
                (context / name).mkdir()
            elif source.is_dir():
                shutil.copytree(source, context / name, symlinks=True)
            for file in source if isinstance(source, list) else [source] if source.is_file() else []:
                shutil.copy(file, context / name)
        (context / "Dockerfile").write_text(f"FROM spry-base:latest\n{dockerfile}\n")
        self.engine(*self.engine.build, "--tag", "derived:1", context)
        self.addCleanup(self.engine, "rmi", "--force", "derived:1")
        return "derived:1"

    def output(self, image, *command, options=()):
        """Exit code, output and errors of one that ends by itself."""
        ended = self.engine.call("run", "--rm", *self.engine.run_options(as_lambda=True), *options, image,
                                 *command)
        return ended.returncode, ended.stdout, ended.stderr


SHELL = r"""#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while event=$(curl -sS --dump-header /tmp/headers "$api/next"); do
    id=$(sed -n 's/^Lambda-Runtime-Aws-Request-Id: *//Ip' /tmp/headers | tr -d '\r')
    curl -sS --output /dev/null --data "{\"handler\":\"$_HANDLER\",\"folder\":\"$PWD\",\"event\":$event}" \
        "$api/$id/response"
done
"""


class shell(InEngine):
    """A bootstrap of curl and a shell, in each place that the entry script looks at."""

    def expect_answer(self, place, *command):
        image = self.derived(f'COPY bootstrap {place}\nCMD ["hello"]', {"bootstrap": SHELL})
        answer = {"handler": (*command, "hello")[0], "folder": "/var/task", "event": {"name": "tea"}}
        self.expect_as_on_lambda(image, answer, *command)

    def test_in_the_runtime_folder(self):
        self.expect_answer("/var/runtime/")

    def test_in_the_task_folder_with_another_handler(self):
        self.expect_answer("/var/task/", "other")

    def test_in_opt(self):
        self.expect_answer("/opt/")

    def test_as_documented(self):
        image = self.derived('COPY bootstrap /var/runtime/\nCMD ["hello"]', {"bootstrap": SHELL})
        with self.engine.container(image, as_lambda=False) as container:
            curl = subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), "--noproxy", "*", "-XPOST",
                                   f"http://localhost:{PORT}{INVOKE}", "-d", "{}"],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            self.assertEqual((curl.returncode, json.loads(curl.stdout)["event"]), (0, {}), curl.stderr)
            self.assertEqual(container.stop(), 0)


class entry_point(InEngine):
    """Which bootstrap it starts, and how, and what it says where it cannot."""
    SAYS = '#!/bin/sh\necho "$0 is $$ with $_HANDLER by $AWS_LAMBDA_RUNTIME_API, $# arguments"\n'
    RUNTIME_API = "--env", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001"

    def test_the_bootstrap_alone_where_there_is_a_runtime_api(self):
        image = self.derived("COPY bootstrap /var/runtime/", {"bootstrap": self.SAYS})
        self.assertEqual(
            self.output(image, "a b", options=self.RUNTIME_API),
            (0, "/var/runtime/bootstrap is 1 with a b by 127.0.0.1:9001, 0 arguments\n", ""))

    def test_the_order_of_places(self):
        image = self.derived("COPY bootstrap /opt/\nCOPY bootstrap /var/task/", {"bootstrap": self.SAYS})
        _, said, _ = self.output(image, "hello", options=self.RUNTIME_API)
        self.assertTrue(said.startswith("/var/task/bootstrap is 1 "), said)
        image = self.derived("COPY bootstrap /opt/\nCOPY bootstrap /var/task/\n"
                             "COPY bootstrap /var/runtime/", {"bootstrap": self.SAYS})
        _, said, _ = self.output(image, "hello", options=self.RUNTIME_API)
        self.assertTrue(said.startswith("/var/runtime/bootstrap is 1 "), said)

    def expect_line(self, code, text, *command, image="spry-base:latest"):
        ended, output, said = self.output(image, *command)
        self.assertEqual((ended, output, said.count("\n")), (code, "", 1), said)
        self.assertIn(text, said)

    def test_no_handler(self):
        self.expect_line(142, "entrypoint requires the handler name to be the first argument")

    def test_more_than_a_handler(self):
        self.expect_line(142, "has got 2 arguments", "one", "two")

    def test_no_bootstrap(self):
        self.expect_line(1, "there is none in /var/runtime, /var/task or /opt", "hello")

    def test_a_bootstrap_that_cannot_be_executed(self):
        image = self.derived("COPY bootstrap /var/runtime/\nRUN chmod 0644 /var/runtime/bootstrap",
                             {"bootstrap": self.SAYS})
        self.expect_line(1, "/var/runtime/bootstrap cannot be executed", "hello", image=image)


class OtherRuntime(InEngine):
    """A runtime of bench/peers, with this machine's interpreter where it needs one."""

    def expect_echo(self, *image):
        self.expect_as_on_lambda(self.derived(*image), {"name": "tea"})


def peer(name, path):
    return unittest.skipUnless((PEERS / path).exists(), f"{name} is not built: ./dev setup --peers {name}")


def libraries_of(files):
    """What these files load that is not in spry-base."""
    manifest = next(e for e in json.loads((LAYOUT / "index.json").read_text())["manifests"]
                    if e["annotations"]["org.opencontainers.image.ref.name"] == "latest-x86_64")
    blobs = LAYOUT / "blobs/sha256"
    layers = json.loads((blobs / manifest["digest"][7:]).read_text())["layers"]
    with tarfile.open(blobs / layers[0]["digest"][7:]) as debian:
        there = {Path(name).name for name in debian.getnames()}
    said = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL).stdout
    found = re.findall(r"(\S+) => (/\S+)", said)
    return sorted({path for name, path in found if name not in there})


class go(OtherRuntime):
    @peer("go", "go/function")
    def test_a_static_program(self):
        self.expect_echo('COPY function .\nCOPY bootstrap /var/runtime/\nCMD ["echo"]',
                         {"bootstrap": '#!/bin/sh\nexec /var/task/function "$_HANDLER"\n'},
                         {"function": PEERS / "go/function"})


class python(OtherRuntime):
    @peer("python", "python/bin/python")
    def test_awslambdaric(self):
        program = Path("/usr/bin/python3").resolve()
        modules = Path("/usr/lib") / program.name
        client = next((PEERS / "python/lib").glob("python3*/site-packages"))
        self.expect_echo(
            f"COPY program /usr/bin/{program.name}\nCOPY modules {modules}/\nCOPY lib /opt/lib/\n"
            "COPY client /opt/python/\nENV PYTHONPATH=/opt/python\nCOPY echo.py .\n"
            'COPY bootstrap /var/runtime/\nCMD ["echo.handler"]',
            {"bootstrap": f'#!/bin/sh\nexec {program.name} -m awslambdaric "$_HANDLER"\n'},
            {"program": program, "modules": modules, "client": client,
             "lib": libraries_of([program, *modules.glob("lib-dynload/*.so"), *client.rglob("*.so")]),
             "echo.py": ROOT / "bench/peers/python/echo.py"})


class node(OtherRuntime):
    @peer("node", "node/node_modules/aws-lambda-ric")
    def test_aws_lambda_ric(self):
        program, modules = Path("/usr/bin/node").resolve(), PEERS / "node/node_modules"
        self.expect_echo(
            "COPY program /usr/bin/node\nCOPY lib /opt/lib/\nCOPY node_modules node_modules/\n"
            'COPY echo.mjs .\nCOPY bootstrap /var/runtime/\nCMD ["echo.handler"]',
            {"bootstrap": '#!/bin/sh\nexec node node_modules/aws-lambda-ric/index.mjs "$_HANDLER"\n'},
            {"program": program, "node_modules": modules,
             "lib": libraries_of([program, *modules.rglob("*.node")]),
             "echo.mjs": ROOT / "bench/peers/node/echo.mjs"})
