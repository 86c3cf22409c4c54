// SPDX-License-Identifier: Apache-2.0
// task_scope: runs tasks beside each other and joins them before it dies.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/continuation.hpp>
#include <spry/core/frame_pool.hpp>
#include <spry/core/intrusive_queue.hpp>
#include <spry/core/task.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

namespace spry {

/// Owner of child tasks. Children interleave on the thread that spawned them; none outlives the
/// scope. A scope must be joined before it dies, and asserts that.
class task_scope {
public:
    task_scope() noexcept = default;
    task_scope(const task_scope&) = delete;
    task_scope& operator=(const task_scope&) = delete;
    ~task_scope() {
        SPRY_ASSERT(running_ == 0);
        destroy_finished();
    }

    /// Starts `child` and returns at its first suspension.
    void spawn(task<> child) {
        destroy_finished();
        const std::coroutine_handle<child_promise> frame = run_child(std::move(child)).frame;
        frame.promise().scope = this;
        frame.promise().joiner = &joiner_;
        ++running_;
        frame.resume();
    }

    /// The children that have not finished.
    std::size_t running() const noexcept { return running_; }

    /// Awaits the end of all children, also of those spawned in the meantime; then rethrows the
    /// first exception that left one. One waiter at a time.
    auto join() noexcept {
        struct awaiter {
            task_scope& scope;

            bool await_ready() const noexcept { return scope.running_ == 0; }
            void await_suspend(continuation waiter) const noexcept {
                SPRY_ASSERT(!scope.joiner_);
                scope.joiner_ = waiter;
            }
            void await_resume() const {
                scope.destroy_finished();
                if (scope.error_)
                    std::rethrow_exception(std::exchange(scope.error_, nullptr));
            }
        };
        return awaiter{*this};
    }

private:
    struct child_promise;

    // The coroutine that awaits a child on the scope's behalf. It ends suspended, and its frame
    // waits in `finished_` for the scope to destroy it: a frame that destroys itself while it
    // transfers control is miscompiled by some.
    struct child_coroutine {
        using promise_type = child_promise;
        std::coroutine_handle<child_promise> frame;
    };

    struct child_promise : detail::pooled_frame, detail::joined, queue_link {
        task_scope* scope = nullptr;

        child_coroutine get_return_object() noexcept {
            return {std::coroutine_handle<child_promise>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        auto final_suspend() const noexcept {
            struct leave_scope {
                bool await_ready() const noexcept { return false; }
                std::coroutine_handle<>
                await_suspend(std::coroutine_handle<child_promise> finished) const noexcept {
                    return finished.promise().scope->child_finished(finished.promise());
                }
                void await_resume() const noexcept {}
            };
            return leave_scope{};
        }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept {
            if (!scope->error_)
                scope->error_ = std::current_exception();
        }
    };

    // The child's frame, and with it everything the child owns, dies as soon as the child has
    // ended; only this small one waits. A connection would otherwise stay open until the next one
    // comes.
    static child_coroutine run_child(task<> child) {
        task<> running = std::move(child);
        co_await std::move(running);
    }

    std::coroutine_handle<> child_finished(child_promise& child) noexcept {
        finished_.push_back(child);
        if (--running_ == 0 && joiner_)
            return std::exchange(joiner_, {}).handle();
        return std::noop_coroutine();
    }

    void destroy_finished() noexcept {
        while (child_promise* child = finished_.pop_front())
            std::coroutine_handle<child_promise>::from_promise(*child).destroy();
    }

    intrusive_queue<child_promise> finished_;
    std::size_t running_ = 0;
    continuation joiner_;
    std::exception_ptr error_;
};

} // namespace spry
