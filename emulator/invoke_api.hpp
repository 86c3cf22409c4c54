// SPDX-License-Identifier: Apache-2.0
// invoke_api: the front door, which callers of the function talk to (runtime contract 7.1).
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/front_door.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/invoke_request.hpp>
#include <spry/emulator/url_api.hpp>
#include <spry/http/exchange.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// Asynchronous invocations that are accepted and not finished, and the bytes of their events.
inline constexpr std::size_t async_invocations_max = 10'000;
inline constexpr std::size_t async_bytes_max = 256 * 1024 * 1024;
/// How often one is tried that has failed, or has found no environment.
inline constexpr int async_attempts_max = 3;
/// Request ids of callers' making that are remembered, so that none is run twice.
inline constexpr std::size_t remembered_ids_max = 1024;

/// Answers Invoke and InvokeWithResponseStream (runtime contract 7.1). A function's own error is a
/// 200 with X-Amz-Function-Error, or with a last message that names it; the service's errors have
/// real statuses and name their cause.
class invoke_api final : public front_door {
public:
    explicit invoke_api(const front_door_parts& parts);

    task<> handle(http::exchange& exchange) override;
    task<> finish() override;

private:
    // An asynchronous invocation, whose caller has gone.
    struct background_invocation;

    task<> serve_url(http::exchange* exchange, std::string_view function, std::string_view path);
    task<> greet(http::exchange* exchange);
    task<> invoke(http::exchange* exchange, std::string function, bool streams);
    task<bool> submit(http::exchange* exchange, dispatcher* function, invocation* what);
    task<bool> await_outcome(http::exchange* exchange, dispatcher* function, invocation* what);
    task<> run_and_answer(http::exchange* exchange, dispatcher* function, invocation* what);
    task<> run_and_stream(http::exchange* exchange, dispatcher* function, invocation* what);
    task<> run_later(http::exchange* exchange, dispatcher* function, invocation* like);
    task<> attempt(std::unique_ptr<background_invocation> later);
    task<> answer(http::exchange* exchange, std::string_view body, int status = 200);
    task<> refuse(http::exchange* exchange, service_error why);
    void describe(const http::message& request, const function_program& function,
                  invoke_request& from, invocation& what);
    bool is_known_id(std::string_view id) const;
    void remember_id(const invocation& of);
    void log_given_up(const invocation& event);

    front_door_parts parts_;
    url_api urls_;
    task_scope background_;
    std::size_t background_bytes_ = 0;
    std::vector<const invocation*> running_;  // whose ids are taken
    std::vector<std::string> remembered_ids_; // callers'; a ring
    std::size_t oldest_id_ = 0;
};

/// The usual front door.
std::unique_ptr<front_door> make_invoke_api(const front_door_parts& parts);

} // namespace spry::emulator
