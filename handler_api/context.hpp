// SPDX-License-Identifier: Apache-2.0
// context: what a handler is told about its invocation besides the event, and what it may use while
// it runs.
#pragma once

#include <spry/core/arena.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/invocation.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <memory_resource>
#include <optional>
#include <string_view>

namespace spry {

/// One per invocation, passed by reference; it lives until the answer has been sent and
/// acknowledged, and so does every view it gives. An absent value is empty.
class context {
public:
    using clock = std::chrono::system_clock;

    context(const invocation& about, const spry::environment& environment, io::event_loop& loop,
            spry::arena& arena, log_level level, stop_token stop) noexcept
        : about_(about),
          environment_(environment),
          loop_(loop),
          arena_(arena),
          log_(level, about.request_id),
          stop_(stop) {}
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    std::string_view request_id() const noexcept { return about_.request_id; }
    /// As the caller named the function: may carry a version or an alias.
    std::string_view invoked_function_arn() const noexcept { return about_.function_arn; }
    /// The X-Ray header: "Root=1-...;Parent=...;Sampled=0".
    std::string_view trace_id() const noexcept { return about_.trace_id; }
    /// For tenant-isolated functions.
    std::string_view tenant_id() const noexcept { return about_.tenant_id; }
    /// JSON text, as the caller's SDK gave it; not parsed, since some emulators send what is not
    /// JSON.
    std::string_view client_context() const noexcept { return about_.client_context; }
    /// JSON text with cognitoIdentityId and cognitoIdentityPoolId.
    std::string_view cognito_identity() const noexcept { return about_.cognito_identity; }
    /// Name, version, memory and log stream of the function.
    const spry::environment& environment() const noexcept { return environment_; }

    /// When Lambda ends the invocation by force, by the wall clock; none where the Runtime API does
    /// not say.
    std::optional<clock::time_point> deadline() const noexcept { return about_.deadline; }
    /// Until the deadline, zero behind it; `clock::duration::max()` without one. Reads the wall
    /// clock each time, since the steady clock may have stood still while the environment was
    /// frozen.
    clock::duration remaining_time() const noexcept;

    /// A stop is requested shortly before the deadline (`stop_margin`), so that an answer can still
    /// be sent. Give it to whatever is awaited.
    stop_token stop() const noexcept { return stop_; }
    /// The same question for handlers that compute and never suspend: reads the wall clock.
    bool should_stop() const noexcept;

    /// How long before the deadline the stop is requested.
    static constexpr std::chrono::milliseconds stop_margin{100};

    /// Records that carry the request id.
    const logger& log() const noexcept { return log_; }

    /// Memory that is taken back as a whole when the invocation is over: for a handler's own data,
    /// and for a response that borrows it.
    std::pmr::memory_resource& arena() const noexcept { return arena_; }

    /// For timers and sockets: `co_await context.loop().sleep_for(20ms, context.stop())`.
    io::event_loop& loop() const noexcept { return loop_; }

private:
    const invocation& about_;
    const spry::environment& environment_;
    io::event_loop& loop_;
    spry::arena& arena_;
    logger log_;
    stop_token stop_;
};

} // namespace spry
