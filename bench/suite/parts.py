# SPDX-License-Identifier: Apache-2.0
"""What a run measures, part by part. Each part runs measuring programs that also stand for themselves
(bench/driver, bench/tools, ./dev bench --streaming and its like) and returns what they have found."""
import json
import os
import random
import shutil
import socket
import statistics
import time

import functions
from functions import subjects
from running import BUILD, PTRACE_REFUSED, RESULTS, ROOT, Failed, figures, run, say

SIZES = [2, 1024, 16384, 131072, 1048576, 6291456]
GAPS_MS = [1, 10, 100]
EVENTS = ["http", "sqs"]
PATIENCE = 1800  # seconds; beyond this a program hangs


def measure_with_driver(commands, name, rounds, *options):
    """What the driver has written about the functions {name: command}; the first one is the reference."""
    path = RESULTS / f"suite-{name}.json"
    path.unlink(missing_ok=True)
    run([BUILD / "bench/driver/driver", "--copies", "--progress", "--rounds", rounds, *options, "--json", path,
         *subjects(commands)], PATIENCE, show=True)
    return json.loads(path.read_text())


def functions_of(driven):
    """{name: what was measured} of a part that the driver has written; none where it failed."""
    return {each["name"]: each for each in driven.get("functions", [])}


def quartiles(values):
    ordered = sorted(values)

    def at(share):  # as the driver does
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return {"median": statistics.median(ordered), "q1": at(0.25), "q3": at(0.75)}


# --- counts: the same on every machine ---------------------------------------------------------

def count(tool, command, *options, seconds=120):
    """What one counting tool says of a function. `command` may begin with variables."""
    words = command.split()
    variables = {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    text = run([BUILD / "bench/tools" / tool, *options, "--", *words], seconds,
               {"PATH": os.environ["PATH"], **variables})
    return figures(text)


def start_counts(command):
    """From exec to the first GET, with the variables that Lambda sets and no others."""
    program = command.split()[-1]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        environment = [f"AWS_LAMBDA_RUNTIME_API=127.0.0.1:{port}", "_HANDLER=echo",
                       "AWS_LAMBDA_FUNCTION_NAME=echo", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
                       "AWS_REGION=eu-central-1", "LANG=en_US.UTF-8", "TZ=:UTC", "PATH=/usr/bin:/bin"]
        text = run(["env", "-i", *environment, *command.split()[:-1], BUILD / "bench/tools/step",
                    "--quiet", "--", program], 120)
    read = figures(text)
    return {name: read[name] for name in ("instructions", "syscalls", "cpuid", "threads")}


def layer_of(symbol):
    """In which part of a function's program its instructions lie, by the name of a C++ function."""
    # The handler first: spry's types are in its name, too.
    for part, name in (("_Z4echo", "handler"), ("4spry2io", "io"), ("io_uring", "io"),
                       ("4spry4http", "http"), ("llhttp", "http"), ("4spry", "runtime")):
        if part in symbol:
            return name
    return "libc"


def spry_counts(command):
    """The deterministic figures of one released function on one backend."""
    echo = count("count_instructions", command, "--functions", "--to", "220")
    layers = {}
    for name, number in echo.items():
        if name.startswith("function "):
            layer = layer_of(name.removeprefix("function "))
            layers[layer] = round(layers.get(layer, 0) + number, 1)
    faults = count("count_faults", command)
    start = start_counts(command)
    return {
        "calls": count("count_calls", command)["calls_per_invocation"],
        "instructions": echo["instructions_per_invocation"],
        "allocations": count("count_allocations", command)["allocations_per_invocation"],
        "faults": faults["minor_faults_per_invocation"],
        "start_faults": faults["start_minor_faults"],
        "start_calls": start["syscalls"], "start_instructions": start["instructions"],
        "start_cpuid": start["cpuid"], "layers": layers,
        "bytes": (ROOT / command.split()[-1]).stat().st_size,
    }


def not_counted(found, name, failed):
    found["left_out"][name] = str(failed)
    say(f"left out: {name}: {failed}")


def counts(plan):
    found = {"spry": {}, "json": {}, "calls": {}, "left_out": {}}
    echo = functions.spry("examples/echo/echo")
    for backend in ("direct", "epoll", "uring"):
        say(f"counting what an invocation takes: {backend}")
        try:
            found["spry"][backend] = spry_counts(echo[backend])
        except Failed as failed:
            if failed.status == PTRACE_REFUSED:
                raise Failed("this machine refuses ptrace, which counting takes") from None
            not_counted(found, backend, failed)
    for what in EVENTS:
        command = functions.spry(f"bench/functions/bench_json {what}")["direct"]
        event = ["--event-file", f"bench/events/{what}.json"]
        found["json"][what] = {
            "allocations": count("count_allocations", command, "--to", "300",
                                 *event)["allocations_per_invocation"],
            "instructions": count("count_instructions", command, "--to", "220",
                                  *event)["instructions_per_invocation"]}
    for backend, values in found["spry"].items():
        found["calls"][backend] = values["calls"]
    for name, command in {**functions.floor(), **functions.echo_peers(plan.families)}.items():
        say(f"counting system calls: {name}")
        try:
            # Runtimes with threads that wake by themselves are not at rest for long.
            found["calls"][name] = count("count_calls", command, "--seconds", "20")["calls_per_invocation"]
        except Failed as failed:
            not_counted(found, name, failed)
    return found


# --- times ---------------------------------------------------------------------------------------

def invocations(plan):
    """Starts and turns, over all sizes."""
    peers = functions.echo_peers(plan.families)
    commands = {**functions.floor(), **functions.spry("examples/echo/echo"), **peers}
    warm_up = ["--warm-up", "100"] if peers else []
    return measure_with_driver(commands, "invocations", plan.rounds, "--same-answers", *warm_up,
                               "--budget", "50", "--events", ",".join(map(str, SIZES)))


def no_event(plan):
    """Turns without a single byte, of those who take what is no JSON."""
    peers = {name: command for name, command in functions.echo_peers(plan.families).items()
             if name in ("cpp", "cpp-dynamic", "go", "java")}
    commands = {**functions.floor(), **functions.spry("examples/echo/echo"), **peers}
    return measure_with_driver(commands, "no_event", plan.rounds, "--starts", "0", "--events", "0",
                               "--echo", "--budget", "50", *(["--warm-up", "100"] if peers else []))


def gaps(plan):
    """Turns behind a time in which there was nothing to do."""
    peers = {name: command for name, command in functions.echo_peers(plan.families).items()
             if name in ("rust", "rust-musl-mimalloc", "go", "cpp")}
    commands = {**functions.floor(), **functions.spry("examples/echo/echo"), **peers}
    return measure_with_driver(commands, "gaps", fewer(plan), "--starts", "0", "--events", "2",
                               "--budget", "1", "--gaps", ",".join(map(str, GAPS_MS)))


def json_events(plan):
    """Turns of functions that read an event; and the reading alone, without any runtime."""
    found = {}
    for what in EVENTS:
        spry = functions.spry(f"bench/functions/bench_json {what}")
        peers = functions.json_peers(plan.families, what)
        commands = {backend: spry[backend] for backend in ("direct", "auto")} | peers
        warm_up = ["--warm-up", "200"] if peers else []
        found[what] = measure_with_driver(commands, f"json-{what}", fewer(plan), "--same-answers",
                                          *warm_up, "--starts", "0", "--budget", "50", "--event",
                                          f"bench/events/{what}.json")
        say(f"reading the event {what}.json without a runtime")
        found[what]["reading"] = reading(plan, what)
    return found


def reading(plan, what):
    """Nanoseconds for one event by name; everyone must have read the same."""
    commands = functions.reading(plan.families, what)
    times = {"http": 20000, "sqs": 4000}[what]
    cpu = sorted(os.sched_getaffinity(0))[-1]
    series = {name: [] for name in commands}
    length = None
    for number in range(plan.rounds):
        names = list(commands)
        random.Random(number).shuffle(names)  # it matters who came before
        for name in names:
            found = figures(run(["taskset", "-c", cpu, *commands[name].split(),
                                 f"bench/events/{what}.json", times], PATIENCE))
            length = length or found["length"]
            if found["length"] != length:
                raise Failed(f"{name} reads {found['length']:.0f} bytes of fields in {what}.json, another"
                             f" one {length:.0f}")
            series[name].append(found["nanoseconds"])
    reference = series["spry"]
    return {name: {"ns": quartiles(values), "ratio": quartiles(
        [mine / ours for mine, ours in zip(values, reference)])} for name, values in series.items()}


def by_dev(kind, *options):
    """What ./dev bench --KIND leaves in build/bench. It says itself which peers it leaves out."""
    path = RESULTS / f"{kind}.json"
    path.unlink(missing_ok=True)
    run([ROOT / "dev", "bench", f"--{kind}", *options], PATIENCE, show=True)
    return json.loads(path.read_text())


def cpus():
    """The server's CPU and the function's, where there are two."""
    mine = sorted(os.sched_getaffinity(0))
    return f"{mine[0]},{mine[1 if len(mine) > 1 else 0]}"


def streaming(plan):
    return by_dev("streaming", "--rounds", fewer(plan), "--bytes", str(50 * 1024 * 1024),
                  "--cpus", cpus())


def concurrency(plan):
    found = {}
    for placement in ("0,1", "0,0"):
        (RESULTS / f"concurrency-{placement}.json").unlink(missing_ok=True)
    run([ROOT / "dev", "bench", "--concurrency", "--rounds", fewer(plan), "--window", "80"], PATIENCE,
        show=True)
    for placement in ("0,1", "0,0"):
        path = RESULTS / f"concurrency-{placement}.json"
        if path.exists():
            found[placement] = json.loads(path.read_text())
    return found


def emulator(plan):
    return by_dev("emulator", "--rounds", fewer(plan))


def build(plan):
    """Seconds to build the echo function with all of spry's sources, and after a change in its own."""
    folder = RESULTS / "fresh-build"
    shutil.rmtree(folder, ignore_errors=True)
    environment = {"CCACHE_DISABLE": "1"}
    found = {}
    try:
        run(["cmake", "--preset", "release", "-B", folder, "-DBUILD_TESTING=OFF"], PATIENCE, environment)
        for name in ("all", "after_a_change"):
            begin = time.monotonic()
            run(["cmake", "--build", folder, "--target", "echo"], PATIENCE, environment)
            found[name] = round(time.monotonic() - begin, 1)
            (folder / "examples/echo/CMakeFiles/echo.dir/main.cpp.o").unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for family in plan.families:
        try:
            found[family] = float((functions.PEERS / family / "build_seconds").read_text())
        except (OSError, ValueError):
            pass  # installed, not built
    return found


def micro(plan):
    """Google Benchmark on the parts: it says nanoseconds and allocations of each."""
    program = ROOT / "build/gcc/bench/micro/bench_micro"
    if not program.exists():
        raise Failed("bench_micro is not built: ./dev build gcc bench_micro")
    text = run(["taskset", "-c", sorted(os.sched_getaffinity(0))[-1], program,
                "--benchmark_format=json", "--benchmark_min_time=0.05",
                f"--benchmark_repetitions={fewer(plan)}", "--benchmark_enable_random_interleaving=true"],
               PATIENCE)
    series = {}
    for each in json.loads(text)["benchmarks"]:
        if each["run_type"] == "iteration":
            series.setdefault(each["run_name"], []).append(each["cpu_time"])
    return {name: quartiles(values) for name, values in series.items()}


def fewer(plan):
    """Rounds of what takes long and varies little."""
    return max(1, (plan.rounds + 1) // 2)


# In this order: what is quick and certain first, so that an interrupted run has it.
ALL = {
    "counts": ("system calls, instructions, allocations and page faults", counts),
    "invocations": ("starts, and turns over all sizes", invocations),
    "no_event": ("turns of 0 bytes", no_event),
    "json": ("JSON events", json_events),
    "gaps": ("turns behind idle gaps", gaps),
    "streaming": ("streamed responses", streaming),
    "concurrency": ("1 to 256 workers", concurrency),
    "emulator": ("emulators", emulator),
    "micro": ("the parts alone", micro),
    "build": ("build time", build),
}
