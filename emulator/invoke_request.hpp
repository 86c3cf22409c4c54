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

/// Characters of a request id that a caller has made up.
inline constexpr std::size_t request_id_size_max = 64;

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
    std::string request_id;     ///< the caller's (X-Amzn-RequestId), or empty
    std::string function;       ///< as named in the path
    std::string qualifier;      ///< of the path or of the query, or empty
};

/// The function's name of "/2015-03-31/functions/NAME/invocations", decoded: a name, a partial ARN
/// or an ARN, with or without a qualifier. None for any other path.
std::optional<std::string> invoked_function(std::string_view path);

/// The same of an InvokeWithResponseStream:
/// "/2021-11-15/functions/NAME/response-streaming-invocations", and also with the date of Invoke.
std::optional<std::string> streamed_function(std::string_view path);

/// Reads what the path has named, the query and the X-Amz-* headers into `*into`; an error where
/// one of them cannot be honoured.
std::optional<service_error> read_invoke_request(const http::message& request, std::string function,
                                                 invoke_request* into);

/// A client context as it goes to the runtime, of a header's Base64: JSON in one line. None where
/// it is neither.
std::optional<std::string> decode_client_context(std::string_view header);

/// The error for an event that is not JSON, or none.
std::optional<service_error> check_event(std::string_view event);

} // namespace spry::emulator
