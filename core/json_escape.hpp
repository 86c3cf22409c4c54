// SPDX-License-Identifier: Apache-2.0
// Any bytes as the inside of a JSON string, piece by piece: for those who bring their own buffer.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace spry::json {

/// Where an escape is put together; a piece may be a view of it.
using escape_buffer = std::array<char, 6>;

/// Takes the front off `text`, which is not empty, and gives it as it stands between the quotes of
/// a JSON string: a run of `text` itself that needs no escape, or what stands for one character of
/// it: an escape of two or six characters, or U+FFFD for what is not UTF-8. The piece is valid as
/// long as `text`'s bytes and until the next call with `buffer`.
std::string_view escape_front(std::string_view& text, escape_buffer& buffer) noexcept;

/// How many bytes at the front of `text` stand between the quotes of a JSON string as they are, and
/// are ASCII.
std::size_t plain_length(std::string_view text) noexcept;

} // namespace spry::json
