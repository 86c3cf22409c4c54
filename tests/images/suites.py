# SPDX-License-Identifier: Apache-2.0
"""Runs one class of a script's tests, as ctest names them, and skips tests: the exit code is 77 then."""
import sys
import unittest


def skip(test, reason):
    """As GoogleTest prints it, for those who count the skipped tests and their reasons."""
    print(f"{test}: Skipped\n{reason}\n[  SKIPPED ] {test} (0 ms)")
    sys.exit(77)


def run_suite(name, module):
    if len(sys.argv) != 2:
        sys.exit(f"{name}: names one suite, which is a class in {module.__file__}")
    suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1], module)
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    if result.wasSuccessful() and result.skipped and result.testsRun in (0, len(result.skipped)):
        skip(f"{name}.{sys.argv[1]}", result.skipped[0][1])
    sys.exit(0 if result.wasSuccessful() else 1)
