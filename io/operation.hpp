// SPDX-License-Identifier: Apache-2.0
// An I/O operation is a plain record: what to do, with which bytes, and whom to resume. A backend
// interprets it.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/continuation.hpp>
#include <spry/core/intrusive_queue.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <type_traits>

struct sockaddr;

namespace spry::io {

class event_loop;

/// The loop's clock: monotonic on a real backend, virtual on a scripted one.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

enum class opcode : std::uint8_t {
    recv,     ///< socket: one receive of at most the buffer
    recv_all, ///< socket: receives until the buffer is full or the stream ends
    send,     ///< socket: sends all parts
    accept,   ///< listener: a new connected socket
    connect,  ///< socket: connects to `address`
    read,     ///< any other descriptor: one read of at most the buffer
    write,    ///< any other descriptor: writes all of the first part
    readable, ///< any descriptor: waits until it can be read
    sleep,    ///< no descriptor: ends at `deadline`
    resume,   ///< no descriptor: ends when somebody completes it, on this loop
};

/// A send's bytes, gathered from up to three places: head, body, and what closes a chunk.
using send_parts = std::array<std::span<const std::byte>, 3>;

/// Its place among all operations that a loop has in hand.
struct pending_link {
    pending_link* next_pending = nullptr;
    pending_link* previous_pending = nullptr;
};

/// One operation. It lives inside the awaiter, hence in the coroutine's frame: no allocation.
/// Immovable from the moment it is submitted until it is complete; its memory and its buffers stay
/// valid for that long.
struct operation : queue_link, pending_link {
    enum class progress : std::uint8_t {
        idle,
        pending,    ///< submitted
        cancelling, ///< submitted, and its end is decided or has been asked for
        ready,      ///< has its outcome, and waits in the loop's queue
        complete,   ///< `outcome` is valid, and nobody but the awaiter knows the record any more
    };

    opcode code;
    progress state = progress::idle;
    /// recv: behind our own send, so nothing can be there yet: wait before trying.
    bool follows_send = false;
    int fd = -1;
    std::span<std::byte> buffer;       ///< recv, recv_all, read
    send_parts parts;                  ///< send, write: what is still to be sent
    const sockaddr* address = nullptr; ///< connect
    std::uint32_t address_size = 0;    ///< connect
    time_point deadline{};             ///< sleep
    std::size_t timer_index = 0;       ///< sleep: its place in the loop's timer heap
    /// recv_all, send, write: bytes so far. Also where the operation then failed or was cancelled:
    /// a recv_all that was stopped has received them.
    std::size_t transferred = 0;
    std::int64_t outcome = 0; ///< bytes or descriptor, or a negative errno; valid once complete
    continuation waiter;      ///< resumed from the loop once complete
    /// When it was submitted; unset where nobody had asked the loop for the time in that turn.
    time_point since{};

    explicit operation(opcode operation_code) noexcept : code(operation_code) {}
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;
    ~operation() {
        // The kernel may still write into the buffer, and the loop holds a pointer to this record.
        SPRY_ASSERT(state == progress::idle || state == progress::complete);
    }
};

/// Called with each of some operations, for reports.
using operation_visitor = void (*)(const operation& op, void* argument) noexcept;

/// The error of a completed operation: its errno, or `errc::cancelled` for a stop that was granted.
std::error_code operation_error(std::int64_t outcome) noexcept;

/// What a completed operation's outcome is to its awaiter: nothing, a number of bytes, or a
/// descriptor.
template <class Value>
result<Value> operation_value(std::int64_t outcome) noexcept {
    if (outcome < 0)
        return failure(operation_error(outcome));
    if constexpr (std::is_void_v<Value>) {
        return {};
    } else if constexpr (std::is_integral_v<Value>) {
        return static_cast<Value>(outcome);
    } else {
        return Value{static_cast<int>(outcome)};
    }
}

/// The outcome of an operation whose cancellation was granted (-ECANCELED).
inline constexpr std::int64_t cancelled_outcome = -125;

// `event_loop::submit` and `event_loop::cancel`, for the awaiter below.
void submit_operation(event_loop& loop, operation& op) noexcept;
void cancel_operation(event_loop& loop, operation& op) noexcept;

/// The awaiter of every operation: submits the record, suspends until it is complete, and asks for
/// its cancellation when the stop token says so. `Value` is what the awaiting coroutine gets in a
/// `result`.
///
/// Awaited at once (`co_await socket.recv(buffer)`), or started now and awaited later:
///
///     auto sent = socket.send(head, body);   // a named local, never moved
///     sent.start();
///     ...
///     auto outcome = co_await std::move(sent);
///
/// A started operation is awaited before its local dies.
template <class Value>
class [[nodiscard]] io_awaiter {
public:
    io_awaiter(event_loop& loop, opcode code, stop_token stop) noexcept
        : operation_(code), loop_(loop), stop_(stop) {}
    io_awaiter(io_awaiter&&) = delete;

    operation& record() noexcept { return operation_; }

    /// Submits the operation. Once; `co_await` does it where it was not done before.
    void start() noexcept;

    class resumption {
    public:
        explicit resumption(io_awaiter& awaiter) noexcept : awaiter_(awaiter) {}

        bool await_ready() const noexcept {
            if (awaiter_.operation_.state == operation::progress::idle)
                awaiter_.start();
            return awaiter_.operation_.state == operation::progress::complete;
        }
        void await_suspend(continuation waiter) const noexcept {
            awaiter_.operation_.waiter = waiter;
        }
        result<Value> await_resume() const noexcept {
            awaiter_.on_stop_.reset();
            return operation_value<Value>(awaiter_.operation_.outcome);
        }

    private:
        io_awaiter& awaiter_;
    };
    resumption operator co_await() && noexcept { return resumption{*this}; }

private:
    struct request_cancel {
        io_awaiter* awaiter;
        void operator()() const noexcept { cancel_operation(awaiter->loop_, awaiter->operation_); }
    };

    operation operation_;
    event_loop& loop_;
    stop_token stop_;
    std::optional<stop_callback<request_cancel>> on_stop_;
};

template <class Value>
void io_awaiter<Value>::start() noexcept {
    if (stop_.stop_requested()) {
        operation_.outcome = cancelled_outcome;
        operation_.state = operation::progress::complete;
        return;
    }
    submit_operation(loop_, operation_);
    if (stop_.stop_possible() && operation_.state == operation::progress::pending)
        on_stop_.emplace(stop_, request_cancel{this});
}

} // namespace spry::io
