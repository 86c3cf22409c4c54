# SPDX-License-Identifier: Apache-2.0
"""The findings and how they are printed: each on one line, whatever is in the image's names."""
import json

from .rules import RULES

# An image may break one rule in a million files. So many are shown; the rest is counted.
SHOWN_OF_A_RULE = 20


class Unreadable(Exception):
    """IMAGE cannot be judged at all: the cause and the cure, in one line."""


def printable(text):
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


class Report:
    def __init__(self, image):
        self.image = image
        self.findings = []
        self.count_of = {}

    def add(self, rule, path, cause):
        count = self.count_of[rule] = self.count_of.get(rule, 0) + 1
        if count <= SHOWN_OF_A_RULE:
            self.findings.append((rule, printable(path), printable(cause)))

    def count(self, weight):
        return sum(n for rule, n in self.count_of.items() if RULES[rule].weight == weight)

    def text(self):
        lines = [
            f"{RULES[rule].weight}: {rule}: {path}: {cause}; {RULES[rule].cure}"
            f" (contract {RULES[rule].section})" for rule, path, cause in self.findings]
        for rule, count in self.count_of.items():
            if count > SHOWN_OF_A_RULE:
                lines.append(f"{RULES[rule].weight}: {rule}: and {count - SHOWN_OF_A_RULE} more")
        return "".join(line + "\n" for line in lines)

    def json(self):
        return json.dumps({
            "image": printable(self.image),
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "counts": self.count_of,
            "findings": [
                {"weight": RULES[rule].weight, "rule": rule, "path": path, "cause": cause,
                 "cure": RULES[rule].cure, "contract": RULES[rule].section}
                for rule, path, cause in self.findings],
        }, indent=2) + "\n"
