// SPDX-License-Identifier: Apache-2.0
// invoke_api: the front door, which callers of the function talk to (runtime contract 7.1).
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/invoke_request.hpp>
#include <spry/http/exchange.hpp>
#include <spry/io/event_loop.hpp>

#include <memory>
#include <string>
#include <vector>

namespace spry::emulator {

/// Answers Invoke for one function under any name. A function's own error is a 200 with
/// X-Amz-Function-Error; the service's errors have real statuses and name their cause.
class invoke_api final : public http::request_handler {
public:
    struct options {
        bool loopback_bind = true;              ///< the Host header is checked
        std::vector<std::string> allowed_hosts; ///< beside this machine's names
    };

    /// `stop` ends the reading of requests, `give_up` also the sending of answers. What is given by
    /// reference outlives this.
    invoke_api(io::event_loop& loop, const function_program& program, dispatcher& to, options what,
               stop_token stop, stop_token give_up);

    task<> handle(http::exchange& exchange) override;

    /// Awaits the asynchronous invocations that have been accepted.
    task<> finish();

private:
    // An asynchronous invocation, whose caller has gone.
    struct background_invocation {
        background_invocation(io::event_loop& loop, const invocation& like);
        std::string event;
        invocation work;
    };

    task<> greet(http::exchange* exchange);
    task<> invoke(http::exchange* exchange, std::string function);
    task<> run_and_answer(http::exchange* exchange, invocation* what);
    task<> run_later(http::exchange* exchange, invocation* like);
    task<> await_end(std::unique_ptr<background_invocation> later);
    task<> refuse(http::exchange* exchange, service_error why);
    void describe(const http::message& request, const std::string& function, invocation& what);

    io::event_loop& loop_;
    const function_program& program_;
    dispatcher& dispatcher_;
    options options_;
    stop_token stop_;
    stop_token give_up_;
    task_scope background_;
};

} // namespace spry::emulator
