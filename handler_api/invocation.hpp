// SPDX-License-Identifier: Apache-2.0
// invocation: what the Runtime API says about one event, read from the headers of its answer.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace spry {

namespace http {
class message;
}

/// The headers of runtime-contract 1.3. Views into the received message; an absent or empty header
/// is an empty view.
struct invocation {
    std::string_view request_id;
    std::string_view function_arn;
    std::string_view trace_id;
    std::string_view tenant_id;
    std::string_view client_context;
    std::string_view cognito_identity;
    std::string_view content_type;
    std::optional<std::chrono::system_clock::time_point> deadline;
};

/// The wall clock. Read only where that is needed: the first reading of a process costs two page
/// faults.
using read_clock = std::chrono::system_clock::time_point (*)() noexcept;

/// Reads them in one pass over the message's headers.
invocation read_invocation(const http::message& message,
                           read_clock now = std::chrono::system_clock::now) noexcept;

/// The deadline header's value: epoch milliseconds; a small number is a duration from `now`, as
/// some emulators send it. None for what is absent, not a number, or before 2026: a deadline that
/// no invocation can have is unknown, not missed.
std::optional<std::chrono::system_clock::time_point>
parse_deadline(std::string_view text, read_clock now = std::chrono::system_clock::now) noexcept;

} // namespace spry
