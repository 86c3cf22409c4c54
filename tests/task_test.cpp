// SPDX-License-Identifier: Apache-2.0
#include <spry/core/task.hpp>

#include "support/gate.hpp"
#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using spry::task;
using spry::tests::gate;
using spry::tests::lifetime_counts;
using spry::tests::lifetime_probe;

template <class T>
T run(task<T> work) {
    work.start();
    return std::move(work).result();
}

task<> note(bool* ran) {
    *ran = true;
    co_return;
}

task<int> number(int value) {
    co_return value;
}

task<int> sum(int a, int b) {
    const int first = co_await number(a);
    const int second = co_await number(b);
    co_return first + second;
}

task<int> fail(std::string message) {
    throw std::runtime_error(message);
    co_return 0;
}

task<int> pass_on(std::string message) {
    const int value = co_await fail(std::move(message));
    co_return value + 1;
}

task<> fail_without_a_value() {
    throw std::logic_error("void");
    co_return;
}

template <class Exception, class T>
std::string message_of(task<T> work) {
    try {
        static_cast<void>(run(std::move(work)));
    } catch (const Exception& error) {
        return error.what();
    }
    return "no exception";
}

std::string message_of_void(task<> work) {
    try {
        run(std::move(work));
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "no exception";
}

static_assert(!std::is_copy_constructible_v<task<int>>);
static_assert(!std::is_copy_assignable_v<task<int>>);
static_assert(std::is_nothrow_move_constructible_v<task<int>>);
static_assert(spry::is_task<task<>> && spry::is_task<task<int>> && !spry::is_task<int>);

TEST(task, does_not_start_until_awaited) {
    bool ran = false;
    task<> work = note(&ran);
    EXPECT_FALSE(ran);
    EXPECT_FALSE(work.done());
    run(std::move(work));
    EXPECT_TRUE(ran);
}

TEST(task, yields_its_value_to_the_awaiting_coroutine) {
    EXPECT_EQ(run(sum(20, 22)), 42);
}

TEST(task, passes_an_exception_up_the_chain) {
    EXPECT_EQ(message_of<std::runtime_error>(pass_on("through three levels")),
              "through three levels");
    EXPECT_EQ(message_of_void(fail_without_a_value()), "void");
}

task<std::string> survive() {
    std::string caught = "nothing";
    try {
        static_cast<void>(co_await pass_on("caught"));
    } catch (const std::runtime_error& error) {
        caught = error.what();
    }
    const int after = co_await number(1);
    co_return caught + std::to_string(after);
}

TEST(task, can_await_again_after_it_caught_an_exception) {
    EXPECT_EQ(run(survive()), "caught1");
}

task<std::unique_ptr<int>> make_unique_number(int value) {
    auto number = std::make_unique<int>(value);
    co_return number;
}

task<std::unique_ptr<int>> hand_on() {
    std::unique_ptr<int> number = co_await make_unique_number(7);
    ++*number;
    co_return std::move(number);
}

TEST(task, carries_a_move_only_value) {
    EXPECT_EQ(*run(hand_on()), 8);
}

struct pair_of_strings {
    std::string first;
    std::string second;
};

task<pair_of_strings> from_braces() {
    co_return {"left", "right"};
}

TEST(task, takes_its_value_from_braces) {
    const pair_of_strings value = run(from_braces());
    EXPECT_EQ(value.first + value.second, "leftright");
}

struct immovable_after_all {
    explicit immovable_after_all(int v) : value(v) {}
    immovable_after_all(immovable_after_all&&) = default;
    immovable_after_all& operator=(immovable_after_all&&) = delete;
    int value;
};

task<immovable_after_all> without_default_constructor() {
    co_return immovable_after_all{3};
}

TEST(task, needs_no_default_constructor_and_no_assignment) {
    EXPECT_EQ(run(without_default_constructor()).value, 3);
}

task<lifetime_probe> give(lifetime_probe probe) {
    co_return std::move(probe);
}

task<int> take(lifetime_counts* counts) {
    lifetime_probe given = co_await give(lifetime_probe{*counts, 5});
    co_return given.id;
}

TEST(task, destroys_what_it_holds_exactly_once_and_copies_nothing) {
    lifetime_counts counts;
    EXPECT_EQ(run(take(&counts)), 5);
    EXPECT_GT(counts.constructed, 0);
    EXPECT_EQ(counts.alive(), 0);
    EXPECT_EQ(counts.copied, 0);
}

TEST(task, destroys_the_parameters_of_a_coroutine_that_never_started) {
    lifetime_counts counts;
    {
        task<lifetime_probe> never = give(lifetime_probe{counts});
        EXPECT_GT(counts.alive(), 0);
    }
    EXPECT_EQ(counts.alive(), 0);
}

TEST(task, destroys_a_value_that_nobody_took) {
    lifetime_counts counts;
    {
        task<lifetime_probe> finished = give(lifetime_probe{counts});
        finished.start();
        EXPECT_TRUE(finished.done());
        EXPECT_GT(counts.alive(), 0);
    }
    EXPECT_EQ(counts.alive(), 0);
}

TEST(task, destroys_an_exception_that_nobody_took) {
    task<int> failed = fail("nobody listens");
    failed.start();
    EXPECT_TRUE(failed.done());
}

task<> wait_at(gate* at, lifetime_probe held) {
    const lifetime_probe inner = std::move(held);
    co_await at->pass();
}

task<> wait_below(gate* at, lifetime_counts* counts) {
    const lifetime_probe outer{*counts};
    co_await wait_at(at, lifetime_probe{*counts});
}

TEST(task, destroys_a_suspended_chain_from_its_root) {
    lifetime_counts counts;
    gate never_opened;
    {
        task<> root = wait_below(&never_opened, &counts);
        root.start();
        EXPECT_TRUE(never_opened.is_waited_at());
        EXPECT_FALSE(root.done());
        EXPECT_GE(counts.alive(), 2);
    }
    EXPECT_EQ(counts.alive(), 0);
}

TEST(task, resumes_its_waiter_when_it_is_resumed_from_outside) {
    lifetime_counts counts;
    gate at;
    task<> root = wait_below(&at, &counts);
    root.start();
    at.open();
    EXPECT_TRUE(root.done());
    EXPECT_EQ(counts.alive(), 0) << "what an awaited task holds dies with the await";
}

task<std::size_t> await_many(std::size_t times) {
    std::size_t total = 0;
    for (std::size_t i = 0; i < times; ++i) {
        const int one = co_await number(1);
        total += static_cast<std::size_t>(one);
    }
    co_return total;
}

TEST(task, awaits_a_million_synchronous_tasks_in_constant_stack) {
    EXPECT_EQ(run(await_many(1'000'000)), 1'000'000u);
}

task<int> depth(int levels) {
    if (levels == 0)
        co_return 0;
    const int below = co_await depth(levels - 1);
    co_return below + 1;
}

TEST(task, returns_through_a_deep_chain_in_constant_stack) {
    EXPECT_EQ(run(depth(100'000)), 100'000);
}

TEST(task, moves_its_coroutine_and_leaves_nothing_behind) {
    bool first_ran = false;
    bool second_ran = false;
    task<> first = note(&first_ran);
    task<> second = note(&second_ran);
    first = std::move(second);
    first.start();
    EXPECT_TRUE(first.done());
    EXPECT_FALSE(first_ran) << "the coroutine that was assigned over";
    EXPECT_TRUE(second_ran);
    EXPECT_FALSE(second.done());
}

task<> open_between(gate* at, lifetime_counts* counts, bool* went_on) {
    task<> started = wait_at(at, lifetime_probe{*counts});
    started.start();
    at->open();
    co_await std::move(started);
    *went_on = true;
}

TEST(task, can_be_started_first_and_awaited_once_it_is_done) {
    gate at;
    lifetime_counts counts;
    bool went_on = false;
    run(open_between(&at, &counts, &went_on));
    EXPECT_TRUE(went_on);
    EXPECT_EQ(counts.alive(), 0);
}

task<int> await_started(gate* at) {
    struct body {
        static task<int> run(gate* gate) {
            co_await gate->pass();
            co_return 9;
        }
    };
    task<int> started = body::run(at);
    started.start();
    const int value = co_await std::move(started);
    co_return value;
}

TEST(task, can_be_started_first_and_awaited_while_it_runs) {
    gate at;
    task<int> outer = await_started(&at);
    outer.start();
    EXPECT_FALSE(outer.done());
    at.open();
    ASSERT_TRUE(outer.done());
    EXPECT_EQ(std::move(outer).result(), 9);
}

task<> await_what_is_awaited(task<>* shared) {
    co_await std::move(*shared);
}

TEST(task, dies_where_a_running_task_is_awaited_twice) {
    gate at;
    lifetime_counts counts;
    task<> shared = wait_at(&at, lifetime_probe{counts});
    task<> first = await_what_is_awaited(&shared);
    first.start();
    task<> second = await_what_is_awaited(&shared);
    EXPECT_DEATH(second.start(), "assertion failed");
}

TEST(task, dies_where_it_is_started_twice) {
    gate at;
    lifetime_counts counts;
    task<> work = wait_at(&at, lifetime_probe{counts});
    work.start();
    EXPECT_DEATH(work.start(), "assertion failed");
}

} // namespace
