// SPDX-License-Identifier: Apache-2.0
// context: what a handler is told about its invocation besides the event, and what it may use while
// it runs.
#pragma once

#include <spry/core/arena.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/invocation.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/handler_api/response.hpp>
#include <spry/handler_api/trace_context.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <concepts>
#include <memory_resource>
#include <optional>
#include <string_view>

namespace spry {

struct http_prelude;

namespace detail {

/// What stands in front of a producer in a call of `context::stream`.
template <class T>
concept stream_heading = std::convertible_to<T, std::string_view> || std::same_as<T, http_prelude>;

} // namespace detail

/// One per invocation, passed by reference; it lives until the answer has been sent and
/// acknowledged, and so does every view it gives. An absent value is empty.
class context {
public:
    using clock = std::chrono::system_clock;
    static constexpr std::chrono::milliseconds default_stop_margin{100};

    context(const invocation& about, const spry::environment& environment, io::event_loop& loop,
            spry::arena& arena, log_level level, stop_token stop,
            std::chrono::milliseconds stop_margin = default_stop_margin) noexcept
        : about_(about),
          environment_(environment),
          loop_(loop),
          arena_(arena),
          log_(level, about.request_id, about.tenant_id),
          stop_(stop),
          stop_margin_(stop_margin) {}
    context(const context&) = delete;
    context& operator=(const context&) = delete;
    ~context() {
        if (streams_ != nullptr)
            end_streams();
    }

    std::string_view request_id() const noexcept { return about_.request_id; }
    /// As the caller named the function: may carry a version or an alias.
    std::string_view invoked_function_arn() const noexcept { return about_.function_arn; }
    /// The X-Ray header: "Root=1-...;Parent=...;Sampled=0".
    std::string_view trace_id() const noexcept { return about_.trace_id; }
    /// The same, taken apart: read anew with each call, without allocating.
    trace_context trace() const noexcept { return trace_context::parse(about_.trace_id); }
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

    /// A stop is requested shortly before the deadline, so that an answer can still be sent. Give
    /// it to whatever is awaited. What a handler waits for all the same is reported in the log,
    /// half of `stop_margin` before the deadline but never earlier than 200 ms before it.
    stop_token stop() const noexcept { return stop_; }
    /// The same question for handlers that compute and never suspend: reads the wall clock.
    bool should_stop() const noexcept;

    /// How long before the deadline the stop is requested: `run_options::stop_margin`.
    std::chrono::milliseconds stop_margin() const noexcept { return stop_margin_; }

    /// Records that carry the request id and the tenant.
    const logger& log() const noexcept { return log_; }

    /// Memory that is taken back as a whole when the invocation is over: for a handler's own data,
    /// and for a response that borrows it.
    std::pmr::memory_resource& arena() const noexcept { return arena_; }

    /// For timers and sockets: `co_await context.loop().sleep_for(20ms, context.stop())`.
    io::event_loop& loop() const noexcept { return loop_; }

    /// A response that is sent while it is produced, by a coroutine of one of two forms:
    ///
    ///     spry::task<> count(spry::stream_writer& out, int to);   // co_await out.write(bytes)
    ///     spry::byte_generator numbers(int to);                   // co_yield bytes
    ///
    ///     spry::response handler(spry::event, spry::context& context) {
    ///         return context.stream("text/plain", numbers, 10);
    ///     }
    ///
    /// The producer is called here, with `state`, as the coroutine that it is: it keeps what it
    /// takes by value, and its body runs when the handler has returned the response. Event, context
    /// and arena are still there then, and may be passed as they are; the handler's locals are not.
    /// The callable itself is kept as long as the coroutine, so a lambda may have captures.
    ///
    /// The head is sent with the first byte. Until then an exception of the producer is answered
    /// with an error as a handler's is; afterwards it ends the body, and Lambda is told behind it.
    /// The stop token tells the producer to end: before the deadline, and where nobody takes its
    /// bytes any more.
    ///
    /// `content_type` is a literal, or lives as long as the event: it is borrowed. Without one the
    /// bytes are application/octet-stream. With a prelude the response is an HTTP answer for a
    /// function URL or API Gateway. Throws what `write_http_prelude` throws. The definitions are in
    /// <spry/handler_api/stream.hpp>.
    template <class Producer, class... State>
        requires(!detail::stream_heading<Producer>)
    response stream(Producer producer, State&&... state);
    template <class Producer, class... State>
    response stream(std::string_view content_type, Producer producer, State&&... state);
    template <std::same_as<std::string> Temporary, class Producer, class... State>
    response stream(Temporary&& content_type, Producer producer, State&&... state) = delete;
    template <class Producer, class... State>
    response stream(const http_prelude& prelude, Producer producer, State&&... state);

    /// For `stream`: takes over what it has made.
    void adopt(detail::response_stream& made) noexcept;

private:
    void end_streams() noexcept;

    const invocation& about_;
    const spry::environment& environment_;
    io::event_loop& loop_;
    spry::arena& arena_;
    logger log_;
    stop_token stop_;
    std::chrono::milliseconds stop_margin_;
    detail::response_stream* streams_ = nullptr; // in the arena, the last one first
};

} // namespace spry
