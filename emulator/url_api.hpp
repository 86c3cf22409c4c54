// SPDX-License-Identifier: Apache-2.0
// url_api: functions as plain HTTP services, as function URLs are (API Gateway's payload format
// 2.0).
#pragma once

#include <spry/core/task.hpp>
#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/front_door.hpp>
#include <spry/emulator/http_answer.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/response_stream.hpp>
#include <spry/http/exchange.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What is under a function's URL.
struct url_target {
    std::string function;  ///< its name, decoded
    std::string_view path; ///< behind it, as it was sent: at least "/"
};

/// Of "/lambda-url/NAME/a/b" the function NAME and "/a/b"; none for any other path.
std::optional<url_target> read_url_target(std::string_view path);

/// Answers requests of any method with what a function makes of them. Requests of any origin reach
/// the function, as they do at its URL in the service; the headers that tell a browser to share the
/// answer are those of `front_door_parts::cors`, and the function's own beside them. A preflight is
/// answered for the function where there are such settings.
///
/// An error of the function's, or an answer that is none, is a 502 that does not say more; the log
/// does. One behind the first byte of a stream cuts the connection.
class url_api {
public:
    explicit url_api(const front_door_parts& parts) noexcept : parts_(parts) {}

    /// `path` is of the request, which outlives the task.
    task<> handle(http::exchange* exchange, dispatcher* function, std::string_view path);

private:
    task<> answer_stream(http::exchange* exchange, response_stream* from, invocation* what,
                         dispatcher* function);
    task<std::optional<http_answer>> read_prelude_of(response_stream* from, std::string* behind,
                                                     stop_token stop);
    task<> send(http::exchange* exchange, int status, std::string_view body);
    task<> refuse(http::exchange* exchange, int status, std::string message);

    front_door_parts parts_;
};

} // namespace spry::emulator
