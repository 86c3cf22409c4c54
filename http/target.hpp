// SPDX-License-Identifier: Apache-2.0
// Request targets: percent-decoding, path segments and query parameters (RFC 3986).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spry::http {

/// What '+' means: a space in a query that a form made, itself anywhere else.
enum class plus_sign { is_itself, is_space };

/// The text with each %XX replaced by its byte; none where a '%' is not followed by two hexadecimal
/// digits.
std::optional<std::string> percent_decode(std::string_view text,
                                          plus_sign plus = plus_sign::is_itself);

/// The text with every byte but the unreserved ones (letters, digits, "-._~") as %XX: fit for one
/// path segment or one query value.
std::string percent_encode(std::string_view text);

/// Cuts the next segment off the front of `path`: of "/a/b" first "a", then "b", then none.
/// Undecoded.
std::optional<std::string_view> next_segment(std::string_view& path) noexcept;

/// The decoded value of the first query parameter with that (decoded) name; "a" in "a&b=1" is
/// empty. None where it is absent or cannot be decoded.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

} // namespace spry::http
