// SPDX-License-Identifier: Apache-2.0
// http_prelude: the status, headers and cookies of an HTTP answer whose body is streamed
// (runtime-contract 2.3), for function URLs and API Gateway.
#pragma once

#include <spry/http/headers.hpp>

#include <memory_resource>
#include <string_view>
#include <vector>

namespace spry {

/// What stands in front of a streamed body. Views; what they show needs to live only for the call
/// that takes the prelude, which writes it down.
///
///     context.stream(spry::http_prelude{.status = 201, .headers = {{"content-type", "text/html"}},
///                                       .cookies = {"seen=1; Path=/"}}, page);
struct http_prelude {
    int status = 200; ///< 200 to 599
    /// Each name once, whatever its case. "Content-Type" is the body's.
    std::vector<http::field> headers = {};
    /// Values of Set-Cookie lines.
    std::vector<std::string_view> cookies = {};
};

/// The content type of a body that begins with a prelude.
inline constexpr std::string_view http_prelude_type =
    "application/vnd.awslambda.http-integration-response";

/// The prelude as JSON, without the eight zero bytes that follow it and without any other, in
/// `memory`, as long as that keeps it. Throws std::invalid_argument for a status that is none, a
/// name or a value that cannot stand in a header, and a name that comes twice: the text says which.
std::string_view write_http_prelude(const http_prelude& prelude, std::pmr::memory_resource& memory);

} // namespace spry
