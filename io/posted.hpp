// SPDX-License-Identifier: Apache-2.0
// posted: lets a coroutine wait for another thread. The one thing of a loop that other threads may
// touch.
#pragma once

#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/operation.hpp>

#include <coroutine>

namespace spry::io {

namespace detail {
class door;
}

/// A wake-up that another thread gives, once. While it is awaited, everything else on the loop
/// runs:
///
///     const result<> open = loop.open_door();       // once per loop
///     ...
///     io::posted finished{loop};                    // a named local, never moved
///     std::thread worker{[&] {
///         answer = compute();
///         finished.post();                          // its last use of anything of the coroutine's
///     }};
///     co_await std::move(finished);
///     worker.join();                                // at once: it has nothing left to do
///
/// What the thread wrote before `post` is there for the coroutine behind the `co_await`. It is
/// always awaited, and cannot be stopped: the other thread holds a reference into the frame. A
/// thread that can give up is told so by a flag of the program's own, and then posts.
class [[nodiscard]] posted {
public:
    /// On the loop's thread, with the loop's door open. From here on it may be posted.
    explicit posted(event_loop& loop) noexcept;
    posted(const posted&) = delete;
    posted& operator=(const posted&) = delete;

    /// From any thread, the loop's own included; exactly once. Resumes nobody itself, takes no lock
    /// and costs at most one system call. When it returns, the object may be gone.
    void post() noexcept;

    class resumption {
    public:
        explicit resumption(io_awaiter<void>& wake) noexcept : of_loop_(wake) {}

        bool await_ready() const noexcept { return of_loop_.await_ready(); }
        void await_suspend(continuation waiter) const noexcept { of_loop_.await_suspend(waiter); }
        void await_resume() const noexcept { (void)of_loop_.await_resume(); }

    private:
        io_awaiter<void>::resumption of_loop_;
    };
    resumption operator co_await() && noexcept { return resumption{wake_}; }

private:
    friend class detail::door;

    detail::door& door_;
    posted* below_ = nullptr; // in the door's pile
    io_awaiter<void> wake_;
};

} // namespace spry::io
