// SPDX-License-Identifier: Apache-2.0
// A text as one segment of a request's path.
#pragma once

#include <spry/core/byte_vector.hpp>
#include <spry/http/head_builder.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace spry::detail {

// The characters of which ids are made in practice: those that RFC 3986 2.3 reserves for nothing.
inline byte_vector find_reserved(byte_vector in) noexcept {
    const byte_vector lower = in | 0x20;
    const byte_vector letters_and_digits = found_by((lower - 'a' < 26) | (in - '0' < 10));
    const byte_vector marks = found_by((in == '-') | (in == '.') | (in == '_') | (in == '~'));
    return ~(letters_and_digits | marks);
}

// All that a segment may have as they are (RFC 3986 3.3).
constexpr bool is_path_character(char c) noexcept {
    return std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            "-._~!$&'()*+,;=:@"}
               .find(c) != std::string_view::npos;
}

/// Whether a text is a segment as it stands, by its usual characters.
inline bool is_plain_segment(std::string_view segment) noexcept {
    std::array<char, sizeof(byte_vector)> padded;
    if (segment.size() < padded.size()) {
        padded.fill('a');
        std::ranges::copy(segment, padded.begin());
        segment = {padded.data(), padded.size()};
    }
    return !finds_any(segment.size(), [segment](std::size_t at) {
        return find_reserved(load_vector(segment.data() + at));
    });
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
