// SPDX-License-Identifier: Apache-2.0
// Asking work to stop, on one thread: the shapes of std::stop_source, std::stop_token and
// std::stop_callback without their atomics and their allocation.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/intrusive_queue.hpp>

#include <type_traits>
#include <utility>

namespace spry {

class stop_token;

namespace detail {

/// The part of a callback that a source sees.
class stop_callback_base : public queue_link {
public:
    void run() { run_(*this); }

protected:
    using function = void (*)(stop_callback_base&);
    explicit stop_callback_base(function invoke) noexcept : run_(invoke) {}
    ~stop_callback_base() = default;

private:
    function run_;
};

} // namespace detail

/// Owns the fact that a stop was asked for. Immovable, since its tokens and callbacks point to it;
/// outlives them.
class stop_source {
public:
    stop_source() noexcept = default;

    stop_token token() noexcept;
    bool stop_requested() const noexcept { return requested_; }

    /// Runs the callbacks in the order of their registration, on the caller's stack. False if a
    /// stop had been requested before. A stop is a request: whoever is waiting completes with
    /// `errc::cancelled`, or with its real outcome.
    bool request_stop() {
        if (requested_)
            return false;
        requested_ = true;
        while (detail::stop_callback_base* callback = callbacks_.pop_front())
            callback->run();
        return true;
    }

    /// Makes the source as new, for the next invocation. No callback may be registered.
    void reset() noexcept {
        SPRY_ASSERT(callbacks_.empty());
        requested_ = false;
    }

private:
    template <class F>
    friend class stop_callback;

    intrusive_queue<detail::stop_callback_base> callbacks_;
    bool requested_ = false;
};

/// A copyable view of a source, or of none: a default token never stops.
class stop_token {
public:
    stop_token() noexcept = default;

    bool stop_requested() const noexcept { return source_ != nullptr && source_->stop_requested(); }
    bool stop_possible() const noexcept { return source_ != nullptr; }

private:
    friend class stop_source;
    template <class F>
    friend class stop_callback;

    explicit stop_token(stop_source* source) noexcept : source_(source) {}

    stop_source* source_ = nullptr;
};

inline stop_token stop_source::token() noexcept {
    return stop_token{this};
}

/// Runs `F` once when a stop is requested, at once if it was already; not at all after this
/// object's death.
template <class F>
class stop_callback final : public detail::stop_callback_base {
public:
    stop_callback(stop_token token, F callback)
        : stop_callback_base(&stop_callback::invoke),
          source_(token.source_),
          callback_(std::move(callback)) {
        if (source_ == nullptr)
            return;
        if (source_->stop_requested()) {
            callback_();
        } else {
            source_->callbacks_.push_back(*this);
        }
    }
    ~stop_callback() {
        if (is_linked())
            source_->callbacks_.remove(*this);
    }

private:
    static void invoke(stop_callback_base& base) { static_cast<stop_callback&>(base).callback_(); }

    stop_source* source_;
    F callback_;
};

} // namespace spry
