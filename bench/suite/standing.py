# SPDX-License-Identifier: Apache-2.0
"""Where spry stands in each row of a run: who wins what, and the rows in which it is not spry."""
import statistics
from dataclasses import dataclass

import svg
from functions import INTERPRETED, family, label
from parts import EVENTS, functions_of


@dataclass
class Contest:
    """One row of a table: a figure for each of those who take part."""
    what: str
    figures: dict
    shown: callable = svg.shown
    least_wins: bool = True

    def beats(self, figure, other):
        return figure < other if self.least_wins else figure > other

    def winner(self, names):
        return (min if self.least_wins else max)(names, key=self.figures.get)


def kib(number):
    return f"{number:,} KiB"


def driven(part):
    """Those whose quantities the driver has timed."""
    functions = functions_of(part)
    quantities = dict.fromkeys(quantity for each in functions.values() for quantity in each["times"])
    for quantity in quantities:
        yield Contest(quantity, {name: each["times"][quantity]["us"]["median"]
                                 for name, each in functions.items() if quantity in each["times"]},
                      svg.microseconds)


def resources(result):
    functions = functions_of(result["parts"].get("invocations", {}))
    for key, what, shown in (("resident_kib", "resident memory", kib), ("peak_kib", "memory at most, 6 MB", kib),
                             ("start_faults", "page faults of a start", svg.shown)):
        yield Contest(what, {name: each[key] for name, each in functions.items()}, shown)
    yield Contest("the file", {name: each["file_bytes"] for name, each in functions.items()
                               if family(name) not in INTERPRETED},
                  lambda number: svg.bytes_shown(round(number / 1024) * 1024))
    yield Contest("system calls of an invocation", result["parts"].get("counts", {}).get("calls", {}))


def json_events(part):
    for event in EVENTS:
        found = part.get(event, {})
        for turn in driven(found):
            if turn.what.startswith("turn"):
                yield Contest(f"a turn with {event}.json", turn.figures, turn.shown)
        yield Contest(f"reading {event}.json", {name: each["ns"]["median"]
                                                for name, each in found.get("reading", {}).items()},
                      lambda number: f"{svg.shown(number)} ns")


def series(results, who, row, quantities):
    """Contests from results with a series for each of `quantities`: {key: (words, whether least wins)};
    `row` names what makes a row of them, in words."""
    for name in dict.fromkeys(map(row, results)):
        for key, (words, least_wins) in quantities.items():
            yield Contest(f"{name}, {words}", {each[who]: statistics.median(each[key]) for each in results
                                               if row(each) == name}, least_wins=least_wins)


def contests(result):
    parts = result["parts"]
    for name in ("invocations", "no_event", "gaps"):
        yield from driven(parts.get(name, {}))
    yield from resources(result)
    yield from json_events(parts.get("json", {}))
    yield from series(parts.get("streaming", {}).get("results", []), "function",
                      lambda each: f"a stream in writes of {svg.bytes_shown(each['write'])}",
                      {"first byte us": ("first byte, µs", True), "MiB/s": ("MiB/s", False),
                       "function CPU ms": ("CPU, ms", True), "peak KiB": ("memory at most, KiB", True)})
    yield from series(parts.get("concurrency", {}).get("0,1", {}).get("invocations_per_second", []), "function",
                      lambda each: f"{each['handler']}, {each['workers']} workers",
                      {"cpu": ("invocations in a CPU second", False)})
    yield from series(parts.get("emulator", {}).get("results", []), "emulator",
                      lambda each: f"an emulator with {svg.bytes_shown(each['event'])}",
                      {"per_second": ("invocations per second", False), "resident_kib": ("resident KiB", True)})


def behind(result):
    """A sentence for each that is ahead of the best of ours, the floor apart."""
    sentences = []
    for contest in contests(result):
        ours = [name for name in contest.figures if family(name) == "spry"]
        if not ours:
            continue
        best = contest.winner(ours)
        mine = contest.figures[best]
        sentences += [f"- {contest.what}: {label(name)} {contest.shown(figure)}, {label(best)} {contest.shown(mine)}"
                      for name, figure in contest.figures.items()
                      if family(name) not in ("spry", "floor") and contest.beats(figure, mine)]
    return sentences
