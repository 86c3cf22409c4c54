// SPDX-License-Identifier: Apache-2.0
// Texts of others as part of an HTML page.
#pragma once

#include <string>
#include <string_view>

namespace spry::emulator {

/// Any bytes as text that a browser shows and never acts upon, between tags and in a quoted
/// attribute: the five characters of HTML's own are escaped, UTF-8 is repaired, and a control
/// character is shown as its picture (U+2400 to U+2421); tabs and line ends stay.
std::string html_text(std::string_view text);

} // namespace spry::emulator
