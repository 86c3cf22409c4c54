// SPDX-License-Identifier: Apache-2.0
// task<T>: a coroutine that runs when it is awaited and hands its value to the one who awaits it.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/continuation.hpp>
#include <spry/core/frame_pool.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace spry {

template <class T = void>
class task;

namespace detail {

/// What every task's promise has: who waits for it, and the transfer to them at the end.
class task_promise_base : public pooled_frame, public awaited {
public:
    std::suspend_always initial_suspend() const noexcept { return {}; }

    // The frame stays suspended at its end until the task that owns it dies; control goes to the
    // awaiting coroutine without a stack frame in between (symmetric transfer), so a chain of any
    // length uses constant stack.
    struct transfer_to_waiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<>
        await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
            const continuation waiter = finished.promise().waiter;
            return waiter ? waiter.handle() : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    transfer_to_waiter final_suspend() const noexcept { return {}; }

    void set_waiter(continuation next) noexcept {
        SPRY_ASSERT(!waiter);
        waiter = next;
    }
};

template <class T>
class task_promise final : public task_promise_base {
public:
    task_promise() noexcept {}
    ~task_promise() {
        if (outcome_ == outcome::value)
            std::destroy_at(std::addressof(value_));
        if (outcome_ == outcome::error)
            std::destroy_at(std::addressof(error_));
    }

    task<T> get_return_object() noexcept;

    template <class U = T>
        requires std::is_constructible_v<T, U>
    void return_value(U&& value) {
        std::construct_at(std::addressof(value_), std::forward<U>(value));
        outcome_ = outcome::value;
    }
    void unhandled_exception() noexcept {
        std::construct_at(std::addressof(error_), std::current_exception());
        outcome_ = outcome::error;
    }

    T take() {
        if (outcome_ == outcome::error)
            std::rethrow_exception(std::move(error_));
        SPRY_ASSERT(outcome_ == outcome::value);
        return std::move(value_);
    }

private:
    enum class outcome : unsigned char { none, value, error };
    union {
        T value_;
        std::exception_ptr error_;
    };
    outcome outcome_ = outcome::none;
};

template <>
class task_promise<void> final : public task_promise_base {
public:
    task<void> get_return_object() noexcept;

    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error_ = std::current_exception(); }

    void take() {
        if (error_)
            std::rethrow_exception(std::move(error_));
    }

private:
    std::exception_ptr error_;
};

} // namespace detail

/// The return type of a coroutine that produces one `T` (or nothing, or throws).
///
/// Lazy: nothing runs until the task is awaited (or started, see `start`); then the awaiting
/// coroutine suspends, the task runs on the same thread, and the awaiting coroutine resumes with
/// the value, or with the exception that left the task. Single-shot: `co_await` takes an rvalue
/// (`co_await work()`, `co_await std::move(named)`), once. The task owns the frame: it may be
/// destroyed before it was started, or after it has finished, and in between only while suspended
/// with no I/O operation in flight (the operation asserts that).
///
/// Parameters of a task coroutine are taken by value: the frame outlives the call expression.
template <class T>
class [[nodiscard]] task {
public:
    using value_type = T;
    using promise_type = detail::task_promise<T>;

    task(task&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)), started_(other.started_) {}
    task& operator=(task&& other) noexcept {
        task doomed{std::move(*this)};
        frame_ = std::exchange(other.frame_, nullptr);
        started_ = other.started_;
        return *this;
    }
    ~task() {
        if (frame_)
            frame_.destroy();
    }

    auto operator co_await() && noexcept {
        struct awaiter {
            std::coroutine_handle<promise_type> frame;
            bool started;

            bool await_ready() const noexcept { return frame.done(); }
            std::coroutine_handle<> await_suspend(continuation waiter) const noexcept {
                frame.promise().set_waiter(waiter);
                return started ? std::noop_coroutine() : std::coroutine_handle<>{frame};
            }
            T await_resume() const { return frame.promise().take(); }
        };
        SPRY_ASSERT(frame_);
        return awaiter{frame_, std::exchange(started_, true)};
    }

    /// Runs the coroutine up to its first suspension, without anybody waiting for it yet. Once,
    /// before it is awaited; for work that goes on beside its owner, and for whoever drives a task
    /// from outside any coroutine.
    void start() {
        SPRY_ASSERT(frame_ && !started_);
        started_ = true;
        frame_.resume();
    }
    /// True once the coroutine has run to its end.
    bool done() const noexcept { return frame_ && frame_.done(); }
    /// Of the coroutine's frame: what a report recognises it by.
    const void* address() const noexcept { return frame_.address(); }
    /// The value of a task that is done, or its exception. Once.
    T result() && {
        SPRY_ASSERT(done());
        return frame_.promise().take();
    }

private:
    friend promise_type;
    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<promise_type> frame_;
    bool started_ = false;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
    return task<T>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

inline task<void> detail::task_promise<void>::get_return_object() noexcept {
    return task<void>{std::coroutine_handle<task_promise>::from_promise(*this)};
}

/// True for any `task<T>`.
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

} // namespace spry
