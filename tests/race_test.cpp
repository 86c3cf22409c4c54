// SPDX-License-Identifier: Apache-2.0
#include <spry/core/race.hpp>

#include "support/gate.hpp"
#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using spry::errc;
using spry::race;
using spry::race_outcome;
using spry::result;
using spry::stop_callback;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::with_timeout;
using spry::tests::gate;

// A wait that a stop ends, as an operation on an event loop is; but resumed by the test.
struct stoppable {
    gate at;
    bool stop_came = false;

    struct on_stop {
        stoppable* self;
        void operator()() const { self->stop_came = true; }
    };
};

task<result<int>> number_behind(stoppable* wait, stop_token stop, int value) {
    const stop_callback callback{stop, stoppable::on_stop{wait}};
    co_await wait->at.pass();
    if (wait->stop_came)
        co_return spry::failure(errc::cancelled);
    co_return value;
}

// Finishes although it was asked not to: the request came too late.
task<result<int>> number_despite_stop(stoppable* wait, stop_token stop, int value) {
    const stop_callback callback{stop, stoppable::on_stop{wait}};
    co_await wait->at.pass();
    co_return value;
}

task<result<int>> failing_behind(stoppable* wait, stop_token stop, std::string message) {
    const stop_callback callback{stop, stoppable::on_stop{wait}};
    co_await wait->at.pass();
    throw std::runtime_error(message);
}

task<result<>> expiry_behind(stoppable* wait, stop_token stop) {
    const stop_callback callback{stop, stoppable::on_stop{wait}};
    co_await wait->at.pass();
    if (wait->stop_came)
        co_return spry::failure(errc::cancelled);
    co_return result<>{};
}

task<int> at_once(int value) {
    co_return value;
}

using int_race = race_outcome<result<int>, result<int>>;

TEST(race, yields_the_first_and_stops_the_second) {
    stop_source losers;
    stoppable first;
    stoppable second;
    task<int_race> running = race(losers, number_behind(&first, losers.token(), 1),
                                  number_behind(&second, losers.token(), 2));
    running.start();
    EXPECT_FALSE(losers.stop_requested());
    first.at.open();
    EXPECT_TRUE(second.stop_came);
    EXPECT_FALSE(running.done()) << "the loser is awaited";
    second.at.open();
    ASSERT_TRUE(running.done());
    const int_race outcome = std::move(running).result();
    EXPECT_EQ(outcome.winner, 0u);
    EXPECT_EQ(outcome.first->value(), 1);
    EXPECT_EQ(outcome.second->error(), errc::cancelled);
}

TEST(race, yields_the_second_and_stops_the_first) {
    stop_source losers;
    stoppable first;
    stoppable second;
    task<int_race> running = race(losers, number_behind(&first, losers.token(), 1),
                                  number_behind(&second, losers.token(), 2));
    running.start();
    second.at.open();
    EXPECT_TRUE(first.stop_came);
    first.at.open();
    const int_race outcome = std::move(running).result();
    EXPECT_EQ(outcome.winner, 1u);
    EXPECT_EQ(outcome.first->error(), errc::cancelled);
    EXPECT_EQ(outcome.second->value(), 2);
}

TEST(race, keeps_the_value_of_a_loser_that_was_stopped_too_late) {
    stop_source losers;
    stoppable first;
    stoppable second;
    task<int_race> running = race(losers, number_behind(&first, losers.token(), 1),
                                  number_despite_stop(&second, losers.token(), 2));
    running.start();
    first.at.open();
    second.at.open();
    const int_race outcome = std::move(running).result();
    EXPECT_EQ(outcome.winner, 0u);
    EXPECT_EQ(outcome.first->value(), 1);
    EXPECT_EQ(outcome.second->value(), 2);
}

TEST(race, asks_the_second_to_stop_before_it_starts_when_the_first_is_done_at_once) {
    stop_source losers;
    stoppable second;
    task<race_outcome<int, result<int>>> running =
        race(losers, at_once(1), number_behind(&second, losers.token(), 2));
    running.start();
    EXPECT_TRUE(second.stop_came);
    second.at.open();
    const race_outcome<int, result<int>> outcome = std::move(running).result();
    EXPECT_EQ(outcome.winner, 0u);
    EXPECT_EQ(outcome.first.value(), 1);
}

std::string message_of(task<int_race> running) {
    try {
        static_cast<void>(std::move(running).result());
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "no exception";
}

TEST(race, rethrows_the_winners_exception_once_the_loser_has_ended) {
    stop_source losers;
    stoppable first;
    stoppable second;
    task<int_race> running = race(losers, failing_behind(&first, losers.token(), "boom"),
                                  number_behind(&second, losers.token(), 2));
    running.start();
    first.at.open();
    EXPECT_TRUE(second.stop_came);
    EXPECT_FALSE(running.done());
    second.at.open();
    EXPECT_EQ(message_of(std::move(running)), "boom");
}

TEST(race, drops_the_losers_exception) {
    stop_source losers;
    stoppable first;
    stoppable second;
    task<int_race> running = race(losers, number_behind(&first, losers.token(), 1),
                                  failing_behind(&second, losers.token(), "boom"));
    running.start();
    first.at.open();
    second.at.open();
    const int_race outcome = std::move(running).result();
    EXPECT_EQ(outcome.first->value(), 1);
    EXPECT_FALSE(outcome.second.has_value());
}

task<std::unique_ptr<int>> unique_number(int value) {
    co_return std::make_unique<int>(value);
}

TEST(race, carries_move_only_values) {
    stop_source losers;
    task<race_outcome<std::unique_ptr<int>, std::unique_ptr<int>>> running =
        race(losers, unique_number(1), unique_number(2));
    running.start();
    const race_outcome<std::unique_ptr<int>, std::unique_ptr<int>> outcome =
        std::move(running).result();
    EXPECT_EQ(**outcome.first, 1);
    EXPECT_EQ(**outcome.second, 2);
}

TEST(with_timeout, yields_the_value_of_work_that_ends_in_time) {
    stop_source stop;
    stoppable work;
    stoppable expiry;
    task<result<int>> running = with_timeout(stop, number_behind(&work, stop.token(), 1),
                                             expiry_behind(&expiry, stop.token()));
    running.start();
    work.at.open();
    EXPECT_TRUE(expiry.stop_came);
    expiry.at.open();
    EXPECT_EQ(std::move(running).result().value(), 1);
}

TEST(with_timeout, fails_when_the_time_is_over_first) {
    stop_source stop;
    stoppable work;
    stoppable expiry;
    task<result<int>> running = with_timeout(stop, number_behind(&work, stop.token(), 1),
                                             expiry_behind(&expiry, stop.token()));
    running.start();
    expiry.at.open();
    EXPECT_TRUE(work.stop_came);
    work.at.open();
    EXPECT_EQ(std::move(running).result().error(), errc::timed_out);
}

TEST(with_timeout, yields_the_value_of_work_that_succeeds_after_all) {
    stop_source stop;
    stoppable work;
    stoppable expiry;
    task<result<int>> running = with_timeout(stop, number_despite_stop(&work, stop.token(), 1),
                                             expiry_behind(&expiry, stop.token()));
    running.start();
    expiry.at.open();
    work.at.open();
    EXPECT_EQ(std::move(running).result().value(), 1);
}

TEST(with_timeout, fails_when_work_throws_because_it_was_stopped) {
    stop_source stop;
    stoppable work;
    stoppable expiry;
    task<result<int>> running = with_timeout(stop, failing_behind(&work, stop.token(), "stopped"),
                                             expiry_behind(&expiry, stop.token()));
    running.start();
    expiry.at.open();
    work.at.open();
    EXPECT_EQ(std::move(running).result().error(), errc::timed_out);
}

TEST(with_timeout, is_cancelled_and_not_timed_out_when_both_are_stopped_from_outside) {
    stop_source stop;
    stoppable work;
    stoppable expiry;
    task<result<int>> running = with_timeout(stop, number_behind(&work, stop.token(), 1),
                                             expiry_behind(&expiry, stop.token()));
    running.start();
    stop.request_stop();
    expiry.at.open();
    work.at.open();
    EXPECT_EQ(std::move(running).result().error(), errc::cancelled);
}

} // namespace
