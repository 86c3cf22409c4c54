// SPDX-License-Identifier: Apache-2.0
// http_event: an HTTP request as the event that a function URL makes of it, which is API Gateway's
// payload format 2.0.
#pragma once

#include <spry/http/message.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What the request itself does not say. Views; they outlive the call.
struct http_event_facts {
    std::string_view path; ///< as it was sent, without what has named the function: "/a%20b"
    std::string_view source_ip;
    std::string_view request_id;
    std::string_view trace_id;
    std::chrono::system_clock::time_point time;
};

/// The event's JSON. The request's body has been read.
///
/// - Path and query are as they were sent: unlike API Gateway, a function URL decodes no path.
/// - Names of headers are in lower case; the values of several with one name are joined by commas,
///   and cookies stand apart. What belongs to the connection is left out. X-Forwarded-For ends with
///   the source; -Port and -Proto are as a proxy has set them, if one has.
/// - The values of query parameters are decoded and joined likewise; what cannot be decoded is only
///   in `rawQueryString`.
/// - A body is text where its Content-Type is text/*, or JSON's, XML's or JavaScript's own, and it
///   is UTF-8; else Base64, a form's too. Without a body there is no member of that name.
///
/// Throws std::bad_alloc.
std::string make_http_event(const http::message& request, const http_event_facts& facts);

} // namespace spry::emulator
