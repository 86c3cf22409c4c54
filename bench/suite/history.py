# SPDX-License-Identifier: Apache-2.0
"""bench/history.csv: the counts of each full run, so that a regression is seen in a diff. Only what is
the same on every machine stands there, hence no times."""
import csv

COLUMNS = ["calls", "instructions", "allocations", "faults", "start_calls", "start_instructions",
           "start_faults", "bytes"]
HEAD = ["date", "revision", "backend", *COLUMNS]


def number(value):
    return f"{value:.3f}".rstrip("0").rstrip(".")


def append(path, result):
    """Adds a line for each backend that has been counted; returns how many."""
    spry = result["parts"].get("counts", {}).get("spry", {})
    if not spry:
        return 0
    new = not path.exists() or path.stat().st_size == 0
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(HEAD)
        for backend, values in spry.items():
            writer.writerow([result["date"][:10], result["revision"], backend,
                             *(number(values[column]) for column in COLUMNS)])
    return len(spry)


def last(path):
    """{backend: {column: number}} of the last lines there are."""
    found = {}
    if path.exists():
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                found[row["backend"]] = {column: float(row[column]) for column in COLUMNS}
    return found


def changes(before, result):
    """Sentences on what is not as the last run found it."""
    sentences = []
    for backend, values in result["parts"].get("counts", {}).get("spry", {}).items():
        for column in COLUMNS:
            was = before.get(backend, {}).get(column)
            is_now = float(number(values[column]))
            if was is not None and was != is_now:
                sentences.append(f"{backend}: {column} {number(was)} before, {number(is_now)} now")
    return sentences
