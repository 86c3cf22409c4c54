// SPDX-License-Identifier: Apache-2.0
// trimmed: a text without the spaces at its ends.
#pragma once

#include <string_view>

namespace spry {

/// Spaces alone; where tabs count as blanks too, it is `http::trim_blanks`.
constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

} // namespace spry
