# SPDX-License-Identifier: Apache-2.0
"""Why nothing was pushed: cause and cure in one line, and the exit code."""

# What the exit codes mean is in `push --help`.
NOT_THIS_IMAGE, NOT_LIKE_THIS, NOT_THIS_REGISTRY = 1, 2, 3


class Refused(Exception):
    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code
