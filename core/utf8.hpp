// SPDX-License-Identifier: Apache-2.0
// UTF-8: is a text well formed, and if not, what do we put in its place.
//
// Repair replaces each maximal subpart of an ill-formed sequence by U+FFFD (The Unicode
// Standard, 3.9, "U+FFFD Substitution of Maximal Subparts"), which is what browsers, Python and
// Rust do as well.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spry::utf8 {

/// U+FFFD, encoded.
inline constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What stands at the front of a text.
struct sequence {
    std::size_t length; ///< in bytes: of one character, or of one maximal ill-formed subpart
    bool valid;
};

/// The first sequence of `text`, which must not be empty.
sequence front(std::string_view text) noexcept;

/// The size of the longest prefix of `text` that is well-formed.
std::size_t valid_length(std::string_view text) noexcept;

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_valid(std::string_view text) noexcept;

/// `text` with every ill-formed part replaced. Grows to at most three times its size.
std::string repaired(std::string_view text);

/// The longest prefix of at most `bytes_max` bytes that does not cut a well-formed character in
/// two. A view into `text`.
std::string_view prefix(std::string_view text, std::size_t bytes_max) noexcept;

} // namespace spry::utf8
