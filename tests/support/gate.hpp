// SPDX-License-Identifier: Apache-2.0
// gate: a suspension that the test ends by hand, for coroutines without an event loop.
#pragma once

#include <coroutine>
#include <utility>

namespace spry::tests {

/// One coroutine waits (`co_await gate.pass()`), and `open` resumes it on the caller's stack.
class gate {
public:
    auto pass() noexcept {
        struct awaiter {
            gate& at;

            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> waiter) const noexcept {
                at.waiter_ = waiter;
            }
            void await_resume() const noexcept {}
        };
        return awaiter{*this};
    }

    bool is_waited_at() const noexcept { return static_cast<bool>(waiter_); }
    void open() { std::exchange(waiter_, nullptr).resume(); }

private:
    std::coroutine_handle<> waiter_;
};

} // namespace spry::tests
