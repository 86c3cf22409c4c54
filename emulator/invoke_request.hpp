// SPDX-License-Identifier: Apache-2.0
// What a request of the Invoke API asks for, read from its path and headers (runtime contract 7.1).
#pragma once

#include <spry/http/exchange.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Bytes of an event that is invoked asynchronously: less than a synchronous one.
inline constexpr std::size_t async_event_bytes_max = 1024 * 1024;
/// Bytes of the X-Amz-Client-Context header.
inline constexpr std::size_t client_context_bytes_max = 3583;

/// Characters of a function's name: an ARN with its qualifier.
inline constexpr std::size_t function_name_size_max = 170;

/// An answer that is an error of the service's, not the function's.
struct service_error {
    int status;
    std::string_view type; ///< "ResourceNotFoundException"; static text
    std::string message;
};

enum class invocation_type : std::uint8_t { request_response, event, dry_run };

struct invoke_request {
    invocation_type type = invocation_type::request_response;
    bool wants_log_tail = false;
    std::string client_context; ///< decoded JSON in one line, or empty
};

/// The function's name of "/2015-03-31/functions/NAME/invocations", decoded: a name, a partial ARN
/// or an ARN, with or without a qualifier. None for any other path.
std::optional<std::string> invoked_function(std::string_view path);

/// An error where that cannot be a function's name (the characters and the length of an ARN).
std::optional<service_error> check_function_name(std::string_view name);

/// Reads the X-Amz-* headers into `*into`; an error where one of them cannot be honoured.
std::optional<service_error> read_invoke_headers(const http::message& request,
                                                 invoke_request* into);

/// The error for an event that is not JSON, or none.
std::optional<service_error> check_event(std::string_view event);

} // namespace spry::emulator
