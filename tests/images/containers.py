# SPDX-License-Identifier: Apache-2.0
"""What holds for an image in every engine. The scripts podman and docker say which engine."""
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "tests/images/lint"), str(ROOT / "tests/docs")]
import sandbox
from bad_images import BAD
from docs import blocks
from engines import AS_LAMBDA, PATIENCE, Unavailable
from image import PROGRAM, archive
from packing import BOOTSTRAP, pack
from restrictions import ENOSYS, EPERM, expect_restricted, ring_refused

EXAMPLES = Path(os.environ.get("SPRY_BUILD_DIR", "build/release")).resolve() / "examples"
LINT = ROOT / "image/lint"


class Case(unittest.TestCase):
    """engine_type and why_not, which is why nothing can run here, are the script's."""

    @classmethod
    def setUpClass(cls):
        if cls.why_not:
            raise unittest.SkipTest(cls.why_not)
        try:
            cls.engine = cls.enterClassContext(cls.engine_type(sandbox.FOLDER))
        except Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None
        cls.hello = cls.load(pack(sandbox.FOLDER / "hello", EXAMPLES / "hello/hello"))
        tried = cls.engine.container(cls.hello, as_lambda=False)
        if not tried.started:
            raise unittest.SkipTest(f"{cls.engine.name} runs no container here: {tried.said.strip()}")
        tried.__exit__()

    @classmethod
    def load(cls, image, name="hello:1"):
        """The name in full, by which both engines know it."""
        cls.engine("load", "--input", f"{image}.tar")
        return f"docker.io/library/{name}"


class as_lambda(Case):
    """As Lambda runs an image: also where io_uring is refused, which Lambda may do."""

    def run_hello(self, *options):
        with self.engine.container(self.hello, options=options) as container:
            for _ in range(100):
                self.assertEqual(container.invoke({"name": "tea"}), {"hello": "tea"})
            processes = container.processes()
            self.assertEqual(len(processes), 2, "the emulator and the function")
            self.assertLess(sum(each.resident_kib for each in processes), 4096)
            for each in processes:
                expect_restricted(each)
            self.assertEqual(container.stop(), 0)
            return container.log()

    def test_with_the_calls_that_the_engine_allows(self):
        self.run_hello()

    def refuse_ring(self, error):
        log = self.run_hello(*ring_refused(sandbox.FOLDER, error), "--env", "AWS_LAMBDA_LOG_LEVEL=DEBUG")
        self.assertIn(f"backend=direct\terrno={error}", log)

    def test_with_a_ring_refused_by_EPERM(self):
        self.refuse_ring(EPERM)

    def test_with_a_ring_refused_by_ENOSYS(self):
        self.refuse_ring(ENOSYS)


class documented(Case):
    """What docs/images.md says to type, word by word, also where `docker` is podman."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = sandbox.FOLDER / "project"
        (cls.folder / "build").mkdir(parents=True)
        (cls.folder / "bin").mkdir()
        tool = cls.folder / "bin/docker"
        program, *options = cls.engine.command()
        tool.write_text(f'#!/bin/sh\nexec {shutil.which(program)} {shlex.join(options)} "$@"\n')
        tool.chmod(0o755)
        pack(cls.folder / "build/my_function.oci", EXAMPLES / "hello/hello", name="my_function",
             tag="latest")
        page = (ROOT / "docs/images.md").read_text().replace("\\\n", "")
        lines = [line for language, text, _ in blocks(page) if language == "sh"
                 for line in text.splitlines()]
        cls.load_line, = (line for line in lines if line.startswith("docker load "))
        cls.plain, cls.restricted = (line for line in lines if line.startswith("docker run "))
        cls.curl, = (line for line in lines if line.startswith("curl "))
        with cls.shell(cls.load_line) as loading:
            said, _ = loading.communicate(timeout=PATIENCE)
        assert loading.returncode == 0, said

    @classmethod
    def shell(cls, line):
        variables = {**cls.engine.variables, "PATH": f"{cls.folder}/bin:{os.environ['PATH']}"}
        return subprocess.Popen(["sh", "-c", f"exec {line}"], cwd=cls.folder, env=variables,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def expect_answer(self, line):
        with self.shell(line) as running:
            for said in running.stdout:
                if "listening on" in said:
                    break
            with self.shell(self.curl) as curl:
                answer, _ = curl.communicate(timeout=PATIENCE)
            running.send_signal(signal.SIGTERM)  # handed on to the function
            said, _ = running.communicate(timeout=PATIENCE)
        self.assertIn('{"hello":"world"}', answer)
        self.assertEqual(running.returncode, 0, said)

    def test_without_any_restriction(self):
        self.expect_answer(self.plain)

    def test_with_those_of_lambda(self):
        first, last = shlex.split(self.plain)[:-1], shlex.split(self.plain)[-1]
        self.assertEqual(shlex.split(self.restricted), [*first, *AS_LAMBDA, last])
        self.expect_answer(self.restricted)


class settings(Case):
    """ENTRYPOINT, CMD, WORKDIR and ENV: the image's, and those that take their place when it is run,
    as a function's ImageConfig and variables do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        image = pack(sandbox.FOLDER / "multi", EXAMPLES / "multi/multi",
                     EXAMPLES / "hello/hello", "/opt/hello", name="multi",
                     Cmd=["sum"], WorkingDir="/srv", Env=["SHOP=tea", "LANG=C.UTF-8"])
        cls.multi = cls.load(image, "multi:1")

    def expect(self, event, answer, *command, options=(), folder="/srv", **variables):
        with self.engine.container(self.multi, *command, options=options) as container:
            self.assertEqual(container.invoke(event), answer)
            for process in container.processes():
                self.assertTrue(process.is_in(folder), folder)
                given = {"SHOP": "tea", "LANG": "C.UTF-8", **variables}
                self.assertEqual({name: process.variables.get(name) for name in given}, given)
            self.assertEqual(container.stop(), 0)

    def test_of_the_image(self):
        self.expect({"numbers": [1, 2]}, {"sum": 3.0, "count": 2})

    def test_another_function_by_CMD(self):
        self.expect({"milliseconds": 1}, {"waited": 1}, "delay")

    def test_another_folder_by_WORKDIR(self):
        self.expect({"numbers": []}, {"sum": 0.0, "count": 0}, options=["--workdir", "/opt"],
                    folder="/opt")

    def test_other_variables_by_ENV(self):
        self.expect({"numbers": []}, {"sum": 0.0, "count": 0},
                    options=["--env", "SHOP=coffee", "--env", "SIZE=large"], SHOP="coffee",
                    SIZE="large")

    def test_another_program_by_ENTRYPOINT(self):
        self.expect({"name": "tea"}, {"hello": "tea"}, "greet",
                    options=["--entrypoint", "/opt/hello"])

    def test_a_function_that_is_not_there(self):
        container = self.engine.container(self.multi, "product")
        self.assertTrue(container.started, container.said)
        self.assertNotEqual(self.engine("wait", container.id).strip(), "0")
        self.assertIn("product", container.log())
        container.__exit__()


class archives(Case):
    """In both forms the archive is loaded, and is what was packed."""

    def test_of_oci(self):
        self.expect_loaded("oci")

    def test_of_docker(self):
        self.expect_loaded("docker")

    def expect_loaded(self, form):
        given = {"Entrypoint": [BOOTSTRAP, "a b"], "Cmd": ["greet"], "WorkingDir": "/srv",
                 "Env": ["SHOP=tea"], "Labels": {"maker": "the test"}}
        name = self.load(pack(sandbox.FOLDER / form, EXAMPLES / "hello/hello", form=form, tag=form,
                              **given), f"hello:{form}")
        loaded, = json.loads(self.engine("image", "inspect", name))
        self.assertEqual({key: loaded["Config"].get(key) for key in given}, given)
        self.assertEqual((loaded["Os"], loaded["Architecture"]), ("linux", "amd64"))
        layout = sandbox.FOLDER / form
        manifest, = json.loads((layout / "manifest.json").read_text())
        self.assertEqual(loaded["Id"].removeprefix("sha256:"), Path(manifest["Config"]).name)
        with self.engine.container(name) as container:
            self.assertEqual(container.invoke({"name": "tea"}), {"hello": "tea"})
            self.assertEqual(container.stop(), 0)


class bad_images(Case):
    """A container that runs is no proof that Lambda would take the image."""

    def test_run_without_complaint(self):
        names = {"symlink_entrypoint", "windows", "multi_arch_index", "attestation_index",
                 "config_0600", "env_credentials"}
        tried = {make.__name__: (rule, make) for rule, make, _ in BAD if make.__name__ in names}
        self.assertEqual(set(tried), names)
        for name, (rule, make) in tried.items():
            with self.subTest(name):
                self.expect_bad_and_running(rule, make())

    def expect_bad_and_running(self, rule, image):
        """With a program that serves, instead of the one that would end at once."""
        program = (EXAMPLES / "hello/hello").read_bytes()
        for member in image.base:
            if member["name"].strip("/") in (PROGRAM.strip("/"), "app") and member["data"]:
                member["data"] = program
        path = archive(image.files(), sandbox.FOLDER / "bad.tar")
        judged = subprocess.run([LINT, path], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=PATIENCE)
        self.assertIn(f": {rule}: ", judged.stdout)
        loaded = self.engine("load", "--input", path).split()[-1]
        with self.engine.container(loaded, as_lambda=False) as container:
            self.assertEqual(container.invoke({"name": "tea"}), {"hello": "tea"})
            self.assertEqual(container.stop(), 0)
