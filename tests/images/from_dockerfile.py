# SPDX-License-Identifier: Apache-2.0
"""A test of an image that an engine builds by a Dockerfile, in three stages: it is built with this machine's
network, judged by the lint, and run in a sandbox without a network, as Lambda would."""
import json
import os
import subprocess
import sys
from pathlib import Path

import sandbox
from engines import PATIENCE, Docker, Podman, Unavailable
from layout import expect
from suites import skip

ROOT = Path(__file__).resolve().parents[2]
ENGINES = {engine.name: engine for engine in (Podman, Docker)}
BUILDING = "build"  # a last argument: this is the stage that needs the network


def is_building():
    return sys.argv[-1] == BUILDING


def is_outermost():
    """Of the processes of one test: the first one, which sees the machine as it is."""
    return not is_building() and sandbox.INSIDE not in os.environ


def carry_out(test, engine_type, store, build, judge, run):
    """`build` and `run` are called with an engine, which has its images in the folder `store` while it
    builds. Where that cannot be here, `test` is skipped."""
    try:
        if is_building():
            sandbox.hide()
            with engine_type(sandbox.FOLDER, store=store) as engine:
                build(engine)
            return
        if is_outermost():
            reason = sandbox.why_not(sandbox.WITH_NETWORK)
            if reason:
                skip(test, reason)
            code = sandbox.with_network([*sys.argv, BUILDING])
            if code != 0:
                sys.exit(code)
            judge()
        reason = sandbox.enter()
        if reason:
            skip(test, reason)
        with engine_type(sandbox.FOLDER) as engine:
            run(engine)
    except Unavailable as reason:
        skip(test, str(reason))


def expect_clean(archive, allowed):
    """The lint finds nothing in it but what the rules `allowed` are about."""
    judged = subprocess.run([ROOT / "image/lint", "--json", archive], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=PATIENCE)
    expect("exit code of the lint", judged.returncode, 0)
    findings = json.loads(judged.stdout)["findings"]
    expect("findings of the lint", [each for each in findings if each["rule"] not in allowed], [])


def loaded(engine, archive, test):
    """The image of an archive; where this engine runs no container at all, `test` is skipped."""
    image = engine("load", "--input", archive).split()[-1]
    tried = engine.container(image, as_lambda=False)
    if not tried.started:
        skip(test, f"{engine.name} runs no container here: {tried.said.strip()}")
    tried.__exit__()
    return image
