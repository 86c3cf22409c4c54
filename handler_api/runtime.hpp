// SPDX-License-Identifier: Apache-2.0
// runtime: the loop of one worker, from event to answer to the next event.
#pragma once

#include <spry/core/arena.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/detail/crash_record.hpp>
#include <spry/handler_api/detail/trace_variable.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation_hooks.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <exception>

namespace spry {

/// Takes events from a client and gives them to a function, one after the other, until there are no
/// more.
///
/// 1. What the user has printed is flushed, and the next event is awaited.
/// 2. The handler runs. Any exception that leaves it is caught here, and nowhere else.
/// 3. Its answer, or an error document, is posted.
/// 4. Event, arena and everything that was read from the event end together.
class runtime {
public:
    /// All of them outlive the runtime. `trace` follows the invocations of a worker that is the
    /// only one; it is null where there are several, since they would share the variable.
    runtime(io::event_loop& loop, const environment& environment, runtime_client& client,
            const function& handler, log_level level, invocation_hooks hooks = {},
            detail::trace_variable* trace = nullptr) noexcept
        : loop_(loop),
          environment_(environment),
          client_(client),
          handler_(handler),
          level_(level),
          hooks_(hooks),
          trace_(trace) {}
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    /// Runs until the process has been told to end (0) or the Runtime API gives this worker no more
    /// events (1): the exit code.
    task<int> run();

private:
    struct outcome {
        response answer;
        std::exception_ptr thrown;
    };

    task<runtime_client::post_outcome> answer_event();
    /// `answer` and `about` outlive the task.
    task<runtime_client::post_outcome> post_answer(const response& answer, context& about);
    task<> run_handler(context* about, outcome* into);
    /// One DEBUG record, once it is settled: which backend, and what the kernel refused.
    void log_backend() noexcept;
    void end_invocation() noexcept;

    io::event_loop& loop_;
    const environment& environment_;
    runtime_client& client_;
    const function& handler_;
    log_level level_;
    invocation_hooks hooks_;
    detail::trace_variable* trace_;
    arena arena_;
    json::reader reader_;
    stop_source stop_;
    detail::invocation_in_hand in_hand_;
    std::size_t mapped_bytes_ = 0;
    bool backend_is_logged_ = false;
};

} // namespace spry
