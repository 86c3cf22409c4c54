// SPDX-License-Identifier: Apache-2.0
// What spry-emulator has been asked for, to standard output.
#pragma once

#include <string_view>

namespace spry::emulator {

/// Writes all of it, unless nobody reads it any more.
void print(std::string_view text);

} // namespace spry::emulator
