// SPDX-License-Identifier: Apache-2.0
#include <spry/io/async_event.hpp>

#include <spry/core/task_scope.hpp>

#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace {

namespace io = spry::io;

using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;

class async_event : public spry::tests::on_every_backend {};
SPRY_ON_EVERY_BACKEND(async_event);

task<> wait_and_log(io::async_event* event, stop_token stop, char letter, std::string* log) {
    const result<> outcome = co_await event->wait(stop);
    log->push_back(letter);
    if (!outcome)
        log->append("(" + outcome.error().message() + ")");
}

task<std::string> wake_all(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    task_scope scope;
    for (const char letter : {'a', 'b', 'c'})
        scope.spawn(wait_and_log(&event, {}, letter, &log));
    event.set();
    log += "set,";
    co_await scope.join();
    co_return log;
}

TEST_P(async_event, wakes_all_in_order_from_the_loop_and_not_from_set) {
    EXPECT_EQ(run(wake_all(&loop())), "set,abc");
}

task<std::string> wait_while_set(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    event.set();
    log += event.is_set() ? "set " : "not set ";
    co_await wait_and_log(&event, {}, 'a', &log);
    co_await wait_and_log(&event, {}, 'b', &log);
    co_return log;
}

TEST_P(async_event, lets_everybody_through_while_it_is_set) {
    EXPECT_EQ(run(wait_while_set(&loop())), "set ab");
}

task<std::string> set_and_reset_at_once(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    task_scope scope;
    scope.spawn(wait_and_log(&event, {}, 'a', &log));
    event.set();
    event.reset();
    scope.spawn(wait_and_log(&event, {}, 'b', &log));
    static_cast<void>(co_await loop->yield());
    log += event.is_set() ? " set " : " not set ";
    event.set();
    co_await scope.join();
    co_return log;
}

TEST_P(async_event, wakes_those_who_waited_when_it_was_set_although_it_was_reset) {
    EXPECT_EQ(run(set_and_reset_at_once(&loop())), "a not set b");
}

task<std::string> stop_one(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    stop_source stop;
    task_scope scope;
    scope.spawn(wait_and_log(&event, stop.token(), 'a', &log));
    scope.spawn(wait_and_log(&event, {}, 'b', &log));
    stop.request_stop();
    static_cast<void>(co_await loop->yield());
    log += " ";
    event.set();
    co_await scope.join();
    co_return log;
}

TEST_P(async_event, stops_one_waiter_and_keeps_the_others) {
    EXPECT_EQ(run(stop_one(&loop())), "a(cancelled) b");
}

task<std::string> stop_and_set(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    stop_source stop;
    task_scope scope;
    scope.spawn(wait_and_log(&event, stop.token(), 'a', &log));
    scope.spawn(wait_and_log(&event, stop.token(), 'b', &log));
    stop.request_stop();
    event.set();
    co_await scope.join();
    co_return log;
}

TEST_P(async_event, survives_a_stop_and_a_set_in_the_same_turn) {
    EXPECT_EQ(run(stop_and_set(&loop())), "a(cancelled)b(cancelled)");
}

task<std::string> set_and_stop(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    stop_source stop;
    task_scope scope;
    scope.spawn(wait_and_log(&event, stop.token(), 'a', &log));
    event.set();
    stop.request_stop();
    co_await scope.join();
    co_return log;
}

TEST_P(async_event, keeps_a_wake_up_that_came_before_the_stop) {
    EXPECT_EQ(run(set_and_stop(&loop())), "a");
}

task<std::string> wait_when_stopped(io::event_loop* loop) {
    io::async_event event{*loop};
    std::string log;
    stop_source stop;
    stop.request_stop();
    co_await wait_and_log(&event, stop.token(), 'a', &log);
    event.set();
    co_await wait_and_log(&event, stop.token(), 'b', &log);
    co_return log;
}

TEST_P(async_event, does_not_wait_where_the_stop_came_first) {
    EXPECT_EQ(run(wait_when_stopped(&loop())), "a(cancelled)b");
}

void destroy_while_waited_for(io::event_loop* loop) {
    std::optional<io::async_event> event{*loop};
    std::string log;
    task<> waiting = wait_and_log(&*event, {}, 'a', &log);
    waiting.start();
    event.reset();
}

TEST_P(async_event, dies_where_it_goes_while_somebody_waits) {
    EXPECT_DEATH(destroy_while_waited_for(&loop()), "assertion failed: empty");
}

} // namespace
