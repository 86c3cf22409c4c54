// SPDX-License-Identifier: Apache-2.0
// The errors spry itself can name. What the kernel reports keeps its errno in
// std::system_category(); these are the failures that have no errno: a protocol broken, a limit
// passed, a wait given up.
#pragma once

#include <string_view>
#include <system_error>

namespace spry {

enum class errc {
    cancelled = 1,      ///< a stop was requested before the operation finished
    timed_out,          ///< the time allowed for it was over
    connection_closed,  ///< the peer closed in the middle of a message
    malformed_message,  ///< bytes that are not HTTP/1.1
    head_too_large,     ///< a start line and header block beyond the limit
    body_too_large,     ///< a body beyond the limit
    unexpected_message, ///< well-formed, but not what the protocol allows here
    invalid_endpoint,   ///< an address that cannot be read
    host_not_found,     ///< a host name the resolver does not know
    invalid_json,       ///< text that is not JSON
    json_mismatch,      ///< JSON that does not fit the type it is read into
    no_such_handler,    ///< a handler name that the function table does not have
    child_not_started,  ///< a program that could not be executed
};

/// The category of `errc`; its messages are sentences without a full stop, fit for a log line.
const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// The message of one code, without the allocation that `error_code::message()` makes.
std::string_view describe(errc code) noexcept;

} // namespace spry

template <>
struct std::is_error_code_enum<spry::errc> : std::true_type {};
