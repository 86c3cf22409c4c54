# SPDX-License-Identifier: Apache-2.0
"""The functions that are measured: spry's on each backend, the floor, and those of other runtimes, with
the command of each. The commands are relative to the project, in the form that the driver takes."""
import os
import shutil

from running import BUILD, ROOT

PEERS = ROOT / ".deps/peers"
# What the driver calls a backend that a kernel may refuse.
OPTIONAL = {"uring"}
# By the name in a result: what a reader is told.
LABELS = {
    "floor": "the floor: no libc, no JSON",
    "direct": "spry, direct", "epoll": "spry, epoll", "uring": "spry, io_uring",
    "auto": "spry, auto (as it ships)",
    "rust": "Rust, glibc", "rust-mimalloc": "Rust, glibc, mimalloc",
    "rust-static": "Rust, static glibc", "rust-musl": "Rust, static musl",
    "rust-musl-mimalloc": "Rust, static musl, mimalloc",
    "cpp": "aws-lambda-cpp, static", "cpp-dynamic": "aws-lambda-cpp, dynamic",
    "go": "Go", "python": "Python", "node": "Node", "java": "Java",
}
SPRY = ["direct", "epoll", "uring", "auto"]
# By how a name begins; what is not in it is ours.
FAMILIES = {"rust": "rust", "cpp": "cpp", "go": "go", "python": "python", "node": "node", "java": "java",
            "floor": "floor", "aws": "rie", "cargo": "cargo-lambda"}
RUST = {"rust": "", "rust-mimalloc": "-mimalloc", "rust-static": "-static", "rust-musl": "-musl",
        "rust-musl-mimalloc": "-musl-mimalloc"}
# Needed to run, and not in the function's own file.
INTERPRETED = {"python", "node", "java"}


def family(name):
    """Of a function, or of an emulator."""
    return FAMILIES.get(name.removeprefix("piped ").split("-")[0], "spry")


def label(name):
    return LABELS.get(name, name)


def spry_command(backend, program):
    return program if backend == "auto" else f"SPRY_IO={backend} {program}"


def relative(path):
    return os.path.relpath(path, ROOT)


def spry(program):
    """{backend: command} of a program of the release build."""
    path = relative(BUILD / program.split()[0])
    words = " ".join([path, *program.split()[1:]])
    return {backend: spry_command(backend, words) for backend in SPRY}


def floor():
    return {"floor": relative(BUILD / "bench/floor/floor")}


def interpreter(name):
    return shutil.which(name) or name


def python_command(handler):
    return (f"LAMBDA_TASK_ROOT=bench/peers/python PYTHONPATH=bench/peers/python"
            f" PYTHONDONTWRITEBYTECODE=1 .deps/peers/python/bin/python -m awslambdaric {handler}")


def node_command(handler):
    logs = "AWS_LAMBDA_LOG_GROUP_NAME=group AWS_LAMBDA_LOG_STREAM_NAME=stream"
    return (f"LAMBDA_TASK_ROOT={ROOT}/bench/peers/node _HANDLER={handler} {logs} {interpreter('node')}"
            f" .deps/peers/node/node_modules/aws-lambda-ric/index.mjs {handler}")


def java(what):
    # As Lambda starts it.
    return (f"{interpreter('java')} -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
            f" -cp .deps/peers/java/peers-1.jar:.deps/peers/java/lib/* {what}")


def java_command(handler):
    return java(f"com.amazonaws.services.lambda.runtime.api.client.AWSLambda {handler}::handleRequest")


def installed(left_out):
    """The families of .deps/peers that are there and not named in `left_out`."""
    witness = {"rust": "rust/json", "go": "go/json", "python": "python/bin/python",
               "node": "node/node_modules/aws-lambda-ric/index.mjs", "java": "java/peers-1.jar",
               "cpp": "cpp/json"}
    return [name for name, path in witness.items() if name not in left_out and (PEERS / path).exists()]


def rust_builds():
    return {name: suffix for name, suffix in RUST.items() if (PEERS / f"rust/json{suffix}").exists()}


def missing_builds(families):
    """{name: why} of Rust's builds that this machine has no toolchain for."""
    if "rust" not in families:
        return {}
    why = "takes Rust's target x86_64-unknown-linux-musl, which rustup could not get, and for mimalloc musl-tools"
    return {name: why for name in RUST if name not in rust_builds()}


def of_families(families, rust, others):
    """{name: command} of those families: `rust` with the suffix of each build that there is, and of
    `others` those whose name begins with one."""
    commands = {}
    if "rust" in families:
        commands = {name: rust.format(suffix) for name, suffix in rust_builds().items()}
    return commands | {name: command for name, command in others.items()
                       if name.partition("-")[0] in families}


def echo_peers(families):
    """{name: command} of those that echo."""
    return of_families(families, ".deps/peers/rust/echo{}", {
        "cpp": ".deps/peers/cpp/function echo",
        "cpp-dynamic": ".deps/peers/cpp/function-dynamic echo",
        "go": ".deps/peers/go/function echo",
        "python": python_command("echo.handler"),
        "node": node_command("echo.handler"),
        "java": java_command("peers.Echo"),
    })


def json_peers(families, what):
    """{name: command} of those that answer the event `what`, http or sqs."""
    return of_families(families, f".deps/peers/rust/json{{}} {what}", {
        "cpp": f".deps/peers/cpp/json {what}",
        "go": f".deps/peers/go/json {what}",
        "python": python_command(f"json_events.{what}"),
        "node": node_command(f"json.{what}"),
        "java": java_command(f"peers.{what.capitalize()}"),
    })


def reading(families, what):
    """{name: command} of programs that read the event `what` of a file without any runtime; behind it
    stand the file and how often."""
    spry_alone = {"spry": f"{relative(BUILD)}/bench/functions/bench_json read {what}"}
    return spry_alone | of_families(families, f".deps/peers/rust/json{{}} read {what}", {
        "cpp": f".deps/peers/cpp/json read {what}",
        "go": f".deps/peers/go/json read {what}",
        "python": f".deps/peers/python/bin/python bench/peers/python/json_events.py read {what}",
        "node": f"{interpreter('node')} bench/peers/node/read.mjs {what}",
        "java": java(f"peers.Read {what}"),
    })


def subjects(commands):
    """As the driver wants them; only what a kernel may refuse is optional, and what is not ours."""
    return [f"{name}{'?' if name in OPTIONAL or name not in ('floor', *SPRY) else ''}={command}"
            for name, command in commands.items()]
