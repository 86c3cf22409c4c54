// SPDX-License-Identifier: Apache-2.0
// Everything a test of a handler needs: one include. The target is spry::testing.
#pragma once

#include <spry/emulator/testing/outcome.hpp>
#include <spry/emulator/testing/tested_function.hpp>
