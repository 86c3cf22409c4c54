// SPDX-License-Identifier: Apache-2.0
// The first of two tasks wins; the other is asked to stop and awaited. Timeouts are a race against
// a clock.
#pragma once

#include <spry/core/error.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace spry {

/// What a race leaves: which task finished first (0 or 1) and the values of those that finished
/// with one. The loser's value is there too, since a request to stop may come too late and what it
/// received must not be lost.
template <class A, class B>
struct race_outcome {
    std::size_t winner = 0;
    std::optional<A> first;
    std::optional<B> second;
};

namespace detail {

struct race_state {
    stop_source* losers;
    std::optional<std::size_t> winner;
    std::exception_ptr error;

    void finished(std::size_t index) {
        if (winner)
            return;
        winner = index;
        losers->request_stop();
    }
};

template <class T>
task<> run_racer(task<T> racer, race_state* state, std::size_t index, std::optional<T>* value) {
    std::exception_ptr error;
    try {
        T outcome = co_await std::move(racer);
        value->emplace(std::move(outcome));
    } catch (...) {
        error = std::current_exception();
    }
    // A loser that throws was stopped; only the winner's exception is an outcome.
    if (error && !state->winner)
        state->error = error;
    state->finished(index);
}

} // namespace detail

/// Runs both tasks until both have ended, and requests a stop on `losers` as soon as one has: give
/// both tasks its token. Rethrows the winner's exception.
///
///     stop_source losers;
///     auto outcome = co_await race(losers, read(socket, losers.token()), watch(child,
///     losers.token()));
template <class A, class B>
task<race_outcome<A, B>> race(stop_source& losers, task<A> first, task<B> second) {
    race_outcome<A, B> outcome;
    detail::race_state state{&losers, std::nullopt, nullptr};
    task_scope scope;
    scope.spawn(detail::run_racer(std::move(first), &state, 0, &outcome.first));
    scope.spawn(detail::run_racer(std::move(second), &state, 1, &outcome.second));
    co_await scope.join();
    if (state.error)
        std::rethrow_exception(state.error);
    outcome.winner = *state.winner;
    co_return outcome;
}

/// The outcome of `work`, or `errc::timed_out` when `expiry` (a sleep that takes the token of
/// `stop`) ends first and `work` then fails or throws. Work that succeeds although it was asked to
/// stop has succeeded. An expiry that failed, being stopped from outside, is no time-out.
template <class T>
task<result<T>> with_timeout(stop_source& stop, task<result<T>> work, task<result<>> expiry) {
    race_outcome<result<T>, result<>> outcome =
        co_await race(stop, std::move(work), std::move(expiry));
    if (outcome.first && outcome.first->has_value())
        co_return std::move(*outcome.first);
    const bool expired = outcome.winner == 1 && outcome.second->has_value();
    if (expired)
        co_return failure(errc::timed_out);
    if (!outcome.first) // it threw, because it was stopped
        co_return failure(outcome.second->error());
    co_return std::move(*outcome.first);
}

} // namespace spry
