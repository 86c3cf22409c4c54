// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace spry {

/// The project's version; CMakeLists.txt has it too, and a test compares the two.
inline constexpr std::string_view version = "0.1.0";
/// What the Runtime API is told.
inline constexpr std::string_view user_agent = "spry/0.1.0";

} // namespace spry
