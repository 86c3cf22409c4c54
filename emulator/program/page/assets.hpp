// SPDX-License-Identifier: Apache-2.0
// What makes the status page pleasant: its style sheet and its script, each part of every page.
#pragma once

#include <string_view>

namespace spry::emulator {

extern const std::string_view page_style;
extern const std::string_view page_script;

} // namespace spry::emulator
