# SPDX-License-Identifier: Apache-2.0
"""From the JSON of one run: Markdown tables by name, plots by name, and both in the documentation."""
import statistics

import standing
import svg
from functions import INTERPRETED, SPRY, family, label
from markers import replaced, write
from parts import EVENTS, GAPS_MS, SIZES, functions_of, quartiles

PAGES = ["docs/performance.md", "README.md"]
PLOTS = "docs/plots"
OURS = "direct"  # what others are compared with: the backend that one worker takes
NOT_ASKED_FOR = "not measured in this run"


class Missing(Exception):
    """A part that this run has not measured; says why."""


def part(result, name):
    found = result["parts"].get(name)
    if found is None:
        raise Missing(NOT_ASKED_FOR)
    if "failed" in found:
        raise Missing(f"could not be measured: {found['failed']}")
    return found


def ratio_to(reference, mine, quantity):
    """Quartiles of one function's times through another one's, round by round."""
    ours, theirs = reference["times"][quantity]["rounds"], mine["times"][quantity]["rounds"]
    return quartiles([a / max(b, 1e-3) for a, b in zip(theirs, ours)])


# --- Markdown --------------------------------------------------------------------------------------

def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def times(ratio):
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"


def plural(count, word):
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def quartiles_shown(ratio):
    low, high = (times(ratio[quartile]).removesuffix("x") for quartile in ("q1", "q3"))
    return f" ({low}-{high})"


def spread(ratio):
    """" (3.31-4.02)", the quartiles, where they lie so far apart that the median says too little."""
    return quartiles_shown(ratio) if ratio["q3"] - ratio["q1"] > 0.1 * ratio["median"] else ""


def cell(mine, reference, quantity):
    """"12.3 µs, 1.35x", the ratio to `reference` and, where it is wide, its spread; bold where it is
    below 1, hence faster than ours."""
    value = svg.microseconds(mine["times"][quantity]["us"]["median"])
    if mine is reference:
        return value
    ratio = ratio_to(reference, mine, quantity)
    words = f"{value}, {times(ratio['median'])}{spread(ratio)}"
    return f"**{words}**" if ratio["median"] < 1 else words


def provenance(result):
    machine = result["machine"]
    lines = [
        f"Measured on {result['date'][:10]} at revision `{result['revision']}` with"
        f" `{result['command']}`: medians of {result['rounds']} interleaved rounds, all on one CPU unless"
        f" said otherwise. {machine['processor']}, {plural(machine['cpus'], 'CPU')}, {machine['kernel']},"
        f" {machine['system']}, transparent huge pages: {machine['transparent_huge_pages']}; load before"
        f" and after: {result['load_before']}, {result.get('load_after', 'unknown')}.",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in result["versions"].items()) + "."]
    lines += [f"This machine has {sentence}." for sentence in result["missing"]]
    lines += [f"Left out: {name}, {why}." for name, why in result["left_out"].items()]
    return "\n".join(lines) + "\n"


def runtimes(result):
    measured = functions_of(part(result, "invocations"))
    reference = measured[OURS]
    quantities = {"first_get": "spawn to first GET", "first_answer": "to first answer",
                  "turn 2": "turn, 2 B", "turn 131072": "turn, 128 KiB", "turn 6291456": "turn, 6 MB",
                  "cycle 2": "cycle, 2 B"}
    rows = [[label(name), *(cell(each, reference, quantity) for quantity in quantities)]
            for name, each in measured.items()]
    return table(["", *quantities.values()], rows)


def backends(result):
    """Ours beside the floor, with spread."""
    measured = {name: {**each, "times": dict(each["times"])}
                for name, each in functions_of(part(result, "invocations")).items()}
    empty = result["parts"].get("no_event", {})
    if "functions" in empty:
        for name, each in functions_of(empty).items():
            if name in measured:
                measured[name]["times"] |= each["times"]
    idle = result["parts"].get("gaps", {})
    if "functions" in idle:
        for name, each in functions_of(idle).items():
            if name in measured:
                measured[name]["times"] |= {quantity: value for quantity, value in each["times"].items()
                                            if quantity.startswith("gap")}
    floor = measured["floor"]
    names = {"first_get": "spawn to first GET", "first_answer": "spawn to first answer"}
    names |= {f"turn {size}": f"turn, {svg.bytes_shown(size)}" for size in [0, *SIZES]}
    names |= {"cycle 2": "cycle, 2 B", "cpu 2": "CPU for a cycle, 2 B"}
    names |= {f"gap {gap}": f"turn behind {gap} ms of nothing" for gap in GAPS_MS}
    rows = []
    for quantity, title in names.items():
        if quantity not in floor["times"]:
            continue
        cells = [title, svg.microseconds(floor["times"][quantity]["us"]["median"])]
        for name in SPRY:
            if name not in measured or quantity not in measured[name]["times"]:
                cells.append("not here")
                continue
            ratio = ratio_to(floor, measured[name], quantity)
            cells.append(times(ratio["median"]) + quartiles_shown(ratio))
        rows.append(cells)
    return table(["", "floor", *SPRY], rows)


def json_events(result):
    found = part(result, "json")
    rows = {}
    for what in EVENTS:
        measured = functions_of(found[what])
        quantity = next(name for name in measured[OURS]["times"] if name.startswith("turn"))
        for name, each in measured.items():
            rows.setdefault(name, {})[f"turn {what}"] = cell(each, measured[OURS], quantity)
        for name, each in found[what]["reading"].items():
            value = f"{svg.shown(each['ns']['median'])} ns"
            rows.setdefault(OURS if name == "spry" else name, {})[f"read {what}"] = (
                value if name == "spry" else f"{value}, {times(each['ratio']['median'])}")
    columns = {"read http": "five fields of an API Gateway v2 event, reading alone",
               "turn http": "a turn with it", "read sqs": "ten SQS records, reading alone",
               "turn sqs": "a turn with them"}
    return table(["", *columns.values()], [
        [label(name), *(cells.get(column, "") for column in columns)] for name, cells in rows.items()])


def resources(result):
    """System calls, memory, size, and what it takes to build."""
    measured = functions_of(part(result, "invocations"))
    counts = result["parts"].get("counts", {})
    calls, uncounted = counts.get("calls", {}), counts.get("left_out", {})
    seconds = result["parts"].get("build", {})
    rows = []
    for name, each in measured.items():
        called = f"{calls[name]:.1f}" if name in calls else ("not counted" if name in uncounted else "")
        size = "an interpreter and packages" if family(name) in INTERPRETED else (
            svg.bytes_shown(round(each["file_bytes"] / 1024) * 1024))
        if name == OURS and "all" in seconds:
            build = f"{seconds['all']:.0f} s with all of spry, {seconds['after_a_change']:.1f} s after a change"
        elif name in seconds:
            build = f"{seconds[name]:.0f} s for all of its builds"
        else:
            build = ""
        rows.append([label(name), called, f"{each['resident_kib']:,} KiB", f"{each['peak_kib']:,} KiB",
                     f"{each['start_faults']:,}", size, build])
    return table(["", "system calls per invocation", "resident, 2 B", "at most, 6 MB", "page faults of a start",
                  "file", "build"], rows)


def streams(result):
    found = part(result, "streaming")
    quantities = ["first byte us", "MiB/s", "function CPU ms", "peak KiB"]
    rows = [[f"{label(each['function'])}, writes of {svg.bytes_shown(each['write'])}",
             *(svg.shown(statistics.median(each[quantity])) for quantity in quantities)]
            for each in sorted(found["results"], key=lambda each: each["write"])]
    return table([f"{svg.bytes_shown(found['bytes'])} streamed", "first byte, µs", "MiB/s", "CPU, ms",
                  "memory at most, KiB"], rows)


def workers(result):
    found = part(result, "concurrency")
    placement, head = ("0,1", "server on a CPU of its own") if "0,1" in found else (
        "0,0", "server and function on one CPU")
    measured = found[placement]
    cells, counts = {}, []
    for each in measured["invocations_per_second"]:
        if each["workers"] not in counts:
            counts.append(each["workers"])
        cells[each["function"], each["handler"], each["workers"]] = statistics.median(each["cpu"])
    counts.sort()
    rows = []
    for handler in ("echo", "sleep"):
        for name in measured["functions"]:
            values = [cells.get((name, handler, count)) for count in counts]
            if any(values):
                rows.append([f"{name}, {handler}", *(svg.shown(value / 1000) if value else "" for value in values)])
    return table([f"thousand invocations in a CPU second, {head}",
                  *(plural(count, "worker") for count in counts)], rows)


def emulators(result):
    found = part(result, "emulator")
    rows = [[f"{each['emulator']}, {svg.bytes_shown(each['event'])}",
             svg.shown(statistics.median(each["per_second"])),
             svg.shown(statistics.median(each["resident_kib"]) / 1024)]
            for each in sorted(found["results"], key=lambda each: each["event"])]
    return table(["", "invocations per second", "resident, MiB"], rows)


def micro(result):
    found = part(result, "micro")
    return table(["", "ns", "quartiles"], [
        [f"`{name}`", svg.shown(value["median"]), f"{svg.shown(value['q1'])}-{svg.shown(value['q3'])}"]
        for name, value in sorted(found.items())])


def behind(result):
    """The rows in which spry does not lead, and those in which the backend that it takes for many costs
    the one that waits alone."""
    measured = functions_of(part(result, "invocations"))
    if all(family(name) in ("spry", "floor") for name in measured):
        raise Missing("no other runtime in this run: ./dev bench --peers")
    sentences = standing.behind(result)
    for name in ("epoll", "uring"):
        if name in measured:
            ratio = ratio_to(measured["direct"], measured[name], "turn 2")["median"]
            if ratio > 1:
                sentences.append(f"- one worker, turn, 2 B: {label(name)} takes {times(ratio)} of"
                                 f" {label('direct')}")
    return "\n".join(sentences or ["Nothing in this run."]) + "\n"


def summary(result):
    """For the README: spry, and the best and the usual of each other one."""
    measured = functions_of(part(result, "invocations"))
    reference = measured[OURS]
    quantities = {"first_get": "spawn to first GET", "turn 2": "turn, 2 B", "turn 131072": "turn, 128 KiB"}
    rows = [[label(name), *(cell(measured[name], reference, quantity) for quantity in quantities),
             f"{measured[name]['resident_kib']:,} KiB"]
            for name in measured if name not in ("floor", "epoll", "rust-mimalloc", "rust-static")]
    return table(["", *quantities.values(), "resident"], rows)


def plot_links(prefix):
    names = {"cold-start": "Cold start of each runtime, on a logarithmic axis",
             "payload": "A turn over the size of its event", "cost": "What one invocation costs",
             "instructions": "User instructions of one invocation, by part",
             "system-calls": "System calls of one invocation"}
    return {f"plot-{name}": f"![{title}]({prefix}{name}.svg)\n" for name, title in names.items()}


TABLES = {
    "provenance": provenance, "runtimes": runtimes, "backends": backends, "json": json_events,
    "resources": resources, "streaming": streams, "workers": workers, "emulators": emulators,
    "micro": micro, "behind": behind, "summary": summary,
}


def sections(result):
    made = {}
    for name, make in TABLES.items():
        try:
            made[name] = make(result)
        except Missing as missing:
            made[name] = f"({name}: {missing})\n"
    return made


def text(result):
    """The tables of what was asked for, for a terminal."""
    return "\n".join(f"## {name}\n\n{content}" for name, content in sections(result).items()
                     if name != "summary" and NOT_ASKED_FOR not in content)


# --- plots -----------------------------------------------------------------------------------------

def where(result):
    return f"{result['date'][:10]}, {result['revision']}, {result['machine']['processor']}"


def cold_start(result):
    measured = functions_of(part(result, "invocations"))
    rows = [(label(name), family(name), each["times"]["first_get"]["us"])
            for name, each in measured.items() if name not in ("direct", "epoll", "uring")]
    rows.sort(key=lambda row: row[2]["median"])
    return svg.dots("Cold start: spawn to the first request for an event",
                    f"Median and quartiles, logarithmic, less is better. {where(result)}", rows)


def payload(result):
    measured = functions_of(part(result, "invocations"))
    names = [name for name in ("floor", "direct", "go", "cpp", "python", "node", "java") if name in measured]
    rust = [name for name in measured if family(name) == "rust"]
    if rust:  # the one that is best with large events
        names.append(min(rust, key=lambda name: measured[name]["times"]["turn 131072"]["us"]["median"]))
    series = [(label(name) if name != "floor" else "the floor", family(name),
               [(size, measured[name]["times"][f"turn {size}"]["us"]["median"]) for size in SIZES])
              for name in names]
    return svg.lines("A turn over the size of its event",
                     f"Event sent until answer received, both axes logarithmic. {where(result)}", series)


def cost(result):
    measured = functions_of(part(result, "invocations"))
    least = measured["floor"]["times"]["cycle 2"]["us"]["median"]
    rows = [(label(name), family(name), [min(least, value), max(0, value - least)])
            for name, value in ((name, each["times"]["cycle 2"]["us"]["median"])
                                for name, each in measured.items() if name != "floor")]
    rows.sort(key=lambda row: sum(row[2]))
    return svg.stacked("What one invocation costs",
                       f"A cycle with 2 bytes, from event to event, less is better. {where(result)}", rows,
                       {"kernel, network and service: the floor's cycle": "s5", "in colour: the runtime's own": ""},
                       svg.microseconds)


def instructions(result):
    spry = part(result, "counts")["spry"]
    names = ["http", "runtime", "io", "handler", "libc"]
    rows = [(label(backend), "spry", [values["layers"].get(name, 0) for name in names])
            for backend, values in spry.items()]
    return svg.stacked("User instructions of one invocation, by part of the program",
                       f"Counted, not timed: 2 bytes, warm. {where(result)}", rows,
                       {"HTTP": "s0", "runtime and core": "s1", "event loop and backend": "s2",
                        "the handler": "s3", "libc": "s5"})


def system_calls(result):
    calls = part(result, "counts")["calls"]
    rows = sorted(((label(name), family(name), [value]) for name, value in calls.items()),
                  key=lambda row: row[2][0])
    return svg.stacked("System calls of one invocation", f"All threads, counted, warm, 2 bytes. {where(result)}",
                       rows, {"calls": ""})


PLOT_MAKERS = {"cold-start": cold_start, "payload": payload, "cost": cost, "instructions": instructions,
               "system-calls": system_calls}


def plots(result):
    """{name: SVG}, and {name: why} of those that this run has nothing for."""
    made, missing = {}, {}
    for name, make in PLOT_MAKERS.items():
        try:
            made[name] = make(result)
        except Missing as why:
            missing[name] = str(why)
    return made, missing


def publish(result, root):
    """Writes plots and pages, or nothing where a page's markers are wrong."""
    made, missing = plots(result)
    files = {root / PLOTS / f"{name}.svg": content for name, content in made.items()}
    for page in PAGES:
        links = plot_links("plots/" if page.startswith("docs/") else f"{PLOTS}/")
        links |= {f"plot-{name}": f"({name}: {why})\n" for name, why in missing.items()}
        path = root / page
        files[path] = replaced(path.read_text(), sections(result) | links, page)
    write(files)
