# SPDX-License-Identifier: Apache-2.0
"""Runs one class of a script's tests, as ctest names them. The exit code is 77 if all was skipped."""
import sys
import unittest


def run_suite(name, module):
    if len(sys.argv) != 2:
        sys.exit(f"{name}: names one suite, which is a class in {module.__file__}")
    suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1], module)
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    if result.wasSuccessful() and result.skipped and result.testsRun in (0, len(result.skipped)):
        # As GoogleTest prints it, for those who count the skipped tests and their reasons.
        print(f"{name}: Skipped\n{result.skipped[0][1]}\n[  SKIPPED ] {name}.{sys.argv[1]} (0 ms)")
        sys.exit(77)
    sys.exit(0 if result.wasSuccessful() else 1)
