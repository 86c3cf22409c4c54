// SPDX-License-Identifier: Apache-2.0
// Says where a text stops being JSON (RFC 8259). On-Demand knows that, not where: this runs once a
// read has failed, and where a text is only checked, without memory for it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace spry::json {

struct syntax_error {
    std::size_t
        byte; ///< offset of the first byte that cannot be; the size where the text ends too early
    std::string_view reason; ///< static text
};

/// Arrays and objects within each other that find_syntax_error follows; deeper ones are reported as
/// an error.
inline constexpr std::size_t syntax_depth_max = 1024;

/// UTF-8's, which may stand in front of a document, as simdjson has it.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The first error of a whole document, or nothing. A byte order mark in front is allowed.
std::optional<syntax_error> find_syntax_error(std::string_view text) noexcept;

} // namespace spry::json
