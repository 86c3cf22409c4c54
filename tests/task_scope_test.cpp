// SPDX-License-Identifier: Apache-2.0
#include <spry/core/task_scope.hpp>

#include "support/gate.hpp"
#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace {

using spry::task;
using spry::task_scope;
using spry::tests::gate;
using spry::tests::lifetime_counts;
using spry::tests::lifetime_probe;

task<> append(std::string* log, char letter) {
    log->push_back(letter);
    co_return;
}

task<> append_around(std::string* log, gate* at, char before, char after) {
    log->push_back(before);
    co_await at->pass();
    log->push_back(after);
}

task<> fail_behind(gate* at, std::string message) {
    co_await at->pass();
    throw std::runtime_error(message);
}

task<> join(task_scope* scope, bool* joined) {
    co_await scope->join();
    *joined = true;
}

TEST(task_scope, starts_a_child_at_once) {
    std::string log;
    gate at;
    task_scope scope;
    scope.spawn(append_around(&log, &at, 'a', 'b'));
    EXPECT_EQ(log, "a");
    EXPECT_EQ(scope.running(), 1u);
    at.open();
    EXPECT_EQ(log, "ab");
    EXPECT_EQ(scope.running(), 0u);
}

TEST(task_scope, joins_at_once_when_nothing_runs) {
    std::string log;
    bool joined = false;
    task_scope scope;
    scope.spawn(append(&log, 'a'));
    task<> waiting = join(&scope, &joined);
    waiting.start();
    EXPECT_TRUE(joined);
}

TEST(task_scope, joins_when_the_last_child_has_ended) {
    std::string log;
    gate first;
    gate second;
    bool joined = false;
    task_scope scope;
    scope.spawn(append_around(&log, &first, '1', 'a'));
    scope.spawn(append_around(&log, &second, '2', 'b'));
    task<> waiting = join(&scope, &joined);
    waiting.start();
    second.open();
    EXPECT_FALSE(joined);
    first.open();
    EXPECT_TRUE(joined);
    EXPECT_EQ(log, "12ba");
}

task<> spawn_another(task_scope* scope, gate* mine, gate* other, std::string* log) {
    co_await mine->pass();
    scope->spawn(append_around(log, other, 'x', 'y'));
}

TEST(task_scope, joins_children_spawned_meanwhile) {
    std::string log;
    gate first;
    gate second;
    bool joined = false;
    task_scope scope;
    scope.spawn(spawn_another(&scope, &first, &second, &log));
    task<> waiting = join(&scope, &joined);
    waiting.start();
    first.open();
    EXPECT_EQ(log, "x");
    EXPECT_FALSE(joined);
    second.open();
    EXPECT_TRUE(joined);
    EXPECT_EQ(log, "xy");
}

task<std::string> message_of_join(task_scope* scope) {
    std::string message = "no exception";
    try {
        co_await scope->join();
    } catch (const std::runtime_error& error) {
        message = error.what();
    }
    co_return message;
}

TEST(task_scope, rethrows_the_first_exception_once_all_have_ended) {
    gate first;
    gate second;
    task_scope scope;
    scope.spawn(fail_behind(&first, "first"));
    scope.spawn(fail_behind(&second, "second"));
    task<std::string> waiting = message_of_join(&scope);
    waiting.start();
    second.open();
    EXPECT_FALSE(waiting.done());
    first.open();
    ASSERT_TRUE(waiting.done());
    EXPECT_EQ(std::move(waiting).result(), "second");

    task<std::string> again = message_of_join(&scope);
    again.start();
    EXPECT_EQ(std::move(again).result(), "no exception") << "an exception is rethrown once";
}

task<> hold(gate* at, lifetime_probe held) {
    co_await at->pass();
    static_cast<void>(held);
}

TEST(task_scope, destroys_what_a_child_owns_as_soon_as_it_has_ended) {
    lifetime_counts counts;
    gate at;
    task_scope scope;
    scope.spawn(hold(&at, lifetime_probe{counts}));
    EXPECT_EQ(counts.alive(), 1);
    at.open();
    EXPECT_EQ(counts.alive(), 0) << "a connection must not stay open until the next one comes";
}

TEST(task_scope, can_be_used_again_after_a_join) {
    std::string log;
    task_scope scope;
    for (int round = 0; round < 3; ++round) {
        gate at;
        bool joined = false;
        scope.spawn(append_around(&log, &at, '(', ')'));
        task<> waiting = join(&scope, &joined);
        waiting.start();
        at.open();
        EXPECT_TRUE(joined);
    }
    EXPECT_EQ(log, "()()()");
}

TEST(task_scope, runs_a_hundred_thousand_children_in_constant_memory) {
    std::string log;
    task_scope scope;
    for (int i = 0; i < 100'000; ++i) {
        log.clear();
        scope.spawn(append(&log, 'a'));
    }
    EXPECT_EQ(log, "a");
    EXPECT_EQ(scope.running(), 0u);
}

void destroy_with_a_child_running() {
    gate at;
    std::string log;
    task_scope scope;
    scope.spawn(append_around(&log, &at, 'a', 'b'));
}

TEST(task_scope, dies_where_it_is_destroyed_with_a_child_running) {
    EXPECT_DEATH(destroy_with_a_child_running(), "assertion failed: running_ == 0");
}

} // namespace
