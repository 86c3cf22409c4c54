// SPDX-License-Identifier: Apache-2.0
// async_event: coroutines on one loop wait for something that another coroutine on it announces.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/operation.hpp>

namespace spry::io {

/// Set or not set. `wait` goes on at once while it is set and suspends otherwise; `set` makes all
/// waiters ready, and the loop resumes them, never `set` itself. Nobody may be waiting when it
/// dies.
class async_event {
public:
    explicit async_event(event_loop& loop) noexcept : loop_(loop) {}

    bool is_set() const noexcept { return set_; }
    void set() noexcept;
    void reset() noexcept { set_ = false; }

    /// Suspends until the event is set; `errc::cancelled` when stopped before.
    task<result<>> wait(stop_token stop = {});

private:
    struct waiter : queue_link {
        explicit waiter(event_loop& loop, stop_token stop) noexcept
            : wake(loop, opcode::resume, stop) {}
        io_awaiter<void> wake;
    };

    event_loop& loop_;
    intrusive_queue<waiter> waiters_;
    bool set_ = false;
};

} // namespace spry::io
