// SPDX-License-Identifier: Apache-2.0
// async_generator<T>: a coroutine that produces values one after the other, and may await between
// them.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/continuation.hpp>
#include <spry/core/frame_pool.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace spry {

/// The return type of a coroutine that hands out values with `co_yield`, one for each `next`:
///
///     while (true) {
///         const bool has_more = co_await values.next();
///         if (!has_more)
///             break;
///         use(values.value());
///     }
///
/// Lazy: its body runs only while somebody awaits `next`, on the same thread, from `co_yield` to
/// `co_yield`; in between it may await whatever it likes. What it yields is converted to `T`, which
/// is copied; what a `T` views, temporaries of the `co_yield` expression included, lives until the
/// generator is resumed.
///
/// The generator owns the frame, and may be destroyed at any time but while a `next` is awaited:
/// the body then ends where it stands, at its `co_yield`, and its locals are destroyed.
///
/// Parameters of a generator coroutine are taken by value: the frame outlives the call expression.
template <class T>
class [[nodiscard]] async_generator {
public:
    class promise_type;

    async_generator(async_generator&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)) {}
    async_generator& operator=(async_generator&&) = delete;
    ~async_generator() {
        if (frame_)
            frame_.destroy();
    }

    /// Runs the body up to its next `co_yield`: true, and `value` is there; or to its end: false,
    /// and so for every further call. Rethrows, once, an exception that has left the body.
    auto next() noexcept {
        struct awaiter {
            std::coroutine_handle<promise_type> frame;

            bool await_ready() const noexcept { return frame.done(); }
            std::coroutine_handle<> await_suspend(continuation consumer) const noexcept {
                frame.promise().waiter = consumer;
                return frame;
            }
            bool await_resume() const {
                frame.promise().rethrow();
                return !frame.done();
            }
        };
        SPRY_ASSERT(frame_);
        return awaiter{frame_};
    }

    /// What was yielded last. Only behind a `next` that gave true.
    const T& value() const noexcept { return *frame_.promise().value_; }

private:
    explicit async_generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<promise_type> frame_;
};

template <class T>
class async_generator<T>::promise_type : public detail::pooled_frame, public detail::awaited {
public:
    async_generator get_return_object() noexcept {
        return async_generator{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }

    // Both hand control back to whoever awaits `next`, without a stack frame in between.
    struct transfer_to_consumer {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<>
        await_suspend(std::coroutine_handle<promise_type> suspended) const noexcept {
            return suspended.promise().waiter.handle();
        }
        void await_resume() const noexcept {}
    };
    transfer_to_consumer yield_value(T value) noexcept {
        value_.emplace(std::move(value));
        return {};
    }
    transfer_to_consumer final_suspend() const noexcept { return {}; }

    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error_ = std::current_exception(); }

private:
    friend class async_generator;

    void rethrow() {
        if (error_)
            std::rethrow_exception(std::exchange(error_, nullptr));
    }

    std::optional<T> value_;
    std::exception_ptr error_;
};

} // namespace spry
