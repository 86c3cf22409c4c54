// SPDX-License-Identifier: Apache-2.0
// Base64 with the standard alphabet (RFC 4648 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spry::base64 {

/// What a text may end with.
enum class padding {
    required, ///< '=' up to a multiple of four characters, as RFC 4648 has it
    optional, ///< the same, or none at all, as several SDKs send it
};

/// With padding, without line ends.
std::string encode(std::string_view bytes);

/// The bytes, or none where the text is no base64: it has another character in it, line ends and
/// blanks included, ends in the middle, is padded otherwise than `ending` says, or has bits set
/// behind its last byte (RFC 4648 3.5), so that no two texts of one length stand for the same
/// bytes.
std::optional<std::string> decode(std::string_view text, padding ending = padding::required);

} // namespace spry::base64
