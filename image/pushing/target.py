# SPDX-License-Identifier: Apache-2.0
"""Where the image goes: REGISTRY/NAME:TAG."""
import re
from dataclasses import dataclass

from .refused import NOT_LIKE_THIS, Refused

HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"
WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = rf"{WORD}(?:/{WORD})*"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
ECR = re.compile(r"[0-9]{12}\.dkr[.-]ecr(-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)")


@dataclass(frozen=True)
class Target:
    registry: str
    name: str
    tag: str

    @property
    def repository(self):
        return f"{self.registry}/{self.name}"

    @property
    def region(self):
        """The Region of an ECR registry, and None of any other one."""
        found = ECR.fullmatch(self.registry)
        return found[2] if found else None

    @property
    def is_on_this_machine(self):
        return re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", self.registry) is not None

    def __str__(self):
        return f"{self.repository}:{self.tag}"


def target_of(text):
    text = text.removeprefix("docker://")
    found = re.fullmatch(rf"({HOST})/({NAME}):({TAG})", text)
    # Without a dot, a port or this name it would be a folder of Docker's own registry.
    if not found or not re.search(r"[.:]|^localhost$", found[1]):
        raise Refused(NOT_LIKE_THIS, f"{text} is not REGISTRY/NAME:TAG with a name of a-z 0-9 . _ - /; "
                                     "write all three, as localhost:5000/hello:1")
    fips = ECR.fullmatch(found[1])
    if fips and fips[1]:
        raise Refused(NOT_LIKE_THIS, f"Lambda takes no image from the FIPS endpoint {found[1]}; "
                                     "name the registry without -fips")
    return Target(*found.groups())
