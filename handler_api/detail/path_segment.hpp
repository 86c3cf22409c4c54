// SPDX-License-Identifier: Apache-2.0
// A text as one segment of a request's path.
#pragma once

#include <spry/http/head_builder.hpp>

#include <string_view>

namespace spry::detail {

// The characters of which ids are made in practice: those that RFC 3986 2.3 reserves for nothing.
// Without branches, so that a compiler looks at many at a time.
constexpr bool is_unreserved(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    const auto lower = static_cast<unsigned char>(byte | 0x20);
    const bool is_letter = static_cast<unsigned char>(lower - 'a') < 26;
    const bool is_digit = static_cast<unsigned char>(byte - '0') < 10;
    const bool is_mark = (c == '-') | (c == '_') | (c == '.') | (c == '~');
    return is_letter | is_digit | is_mark;
}

// All that a segment may have as they are (RFC 3986 3.3).
constexpr bool is_path_character(char c) noexcept {
    return is_unreserved(c) || std::string_view{"!$&'()*+,;=:@"}.find(c) != std::string_view::npos;
}

/// Whether a text is a segment as it stands, by its usual characters.
inline bool is_plain_segment(std::string_view segment) noexcept {
    bool plain = true;
    for (const char c : segment)
        plain &= is_unreserved(c);
    return plain;
}

/// Percent-encodes what a path segment may not have as it is, so that no request id leads anywhere
/// else.
inline void append_segment(http::head_builder& path, std::string_view segment) {
    if (is_plain_segment(segment)) {
        path.append(segment);
        return;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : segment) {
        if (is_path_character(c)) {
            path.append({&c, 1});
        } else {
            const auto byte = static_cast<unsigned char>(c);
            const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};
            path.append({escape, sizeof escape});
        }
    }
}

} // namespace spry::detail
