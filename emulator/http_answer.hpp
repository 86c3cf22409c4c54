// SPDX-License-Identifier: Apache-2.0
// http_answer: what a function's response means to the caller of its URL (payload format 2.0 of API
// Gateway, and runtime contract 2.3 for one that is streamed).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spry::emulator {

struct http_answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers; ///< cookies among them, as Set-Cookie
    std::string body;
};

/// Of a response that is no stream:
///
/// - A JSON object with a `statusCode` says all of it: `headers`, `cookies`, `body`, and whether
///   that `isBase64Encoded`.
/// - Anything else is the body of a 200, and JSON.
///
/// None for an object whose members are not what they should be, a header among them that cannot be
/// sent: to the caller that is an error of the function's. Members that are null count as absent.
/// Throws std::bad_alloc.
std::optional<http_answer> read_http_answer(std::string_view response);

/// Between a prelude and the first byte of the body.
inline constexpr std::string_view prelude_end{"\0\0\0\0\0\0\0\0", 8};
/// Bytes of a prelude without that.
inline constexpr std::size_t prelude_bytes_max = 64 * 1024;
/// The Content-Type of a stream that begins with one.
inline constexpr std::string_view prelude_type =
    "application/vnd.awslambda.http-integration-response";

/// Of the prelude of a stream: all but the body. Without a `statusCode` it is a 200.
std::optional<http_answer> read_prelude(std::string_view prelude);

} // namespace spry::emulator
