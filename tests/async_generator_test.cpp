// SPDX-License-Identifier: Apache-2.0
#include <spry/core/async_generator.hpp>

#include <spry/core/task.hpp>

#include "support/gate.hpp"
#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using spry::async_generator;
using spry::task;
using spry::tests::gate;
using spry::tests::lifetime_counts;
using spry::tests::lifetime_probe;

template <class T>
T run(task<T> work) {
    work.start();
    return std::move(work).result();
}

async_generator<int> count_to(int last) {
    for (int i = 1; i <= last; ++i)
        co_yield i;
}

template <class T>
task<std::vector<T>> all_of(async_generator<T> values) {
    std::vector<T> all;
    while (true) {
        const bool has_more = co_await values.next();
        if (!has_more)
            break;
        all.push_back(values.value());
    }
    co_return all;
}

TEST(async_generator, yields_its_values_in_order) {
    EXPECT_EQ(run(all_of(count_to(3))), (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(run(all_of(count_to(0))), std::vector<int>{});
}

async_generator<int> note_start(bool* started) {
    *started = true;
    co_yield 1;
}

TEST(async_generator, does_not_start_before_next_is_awaited) {
    bool started = false;
    {
        auto never = note_start(&started);
    }
    EXPECT_FALSE(started);
}

async_generator<int> pass_between(gate* at) {
    co_await at->pass();
    co_yield 1;
    co_await at->pass();
    co_yield 2;
    co_await at->pass();
}

TEST(async_generator, may_await_between_its_values) {
    gate at;
    task<std::vector<int>> work = all_of(pass_between(&at));
    work.start();
    int opened = 0;
    for (; !work.done(); ++opened)
        at.open();
    EXPECT_EQ(opened, 3);
    EXPECT_EQ(std::move(work).result(), (std::vector<int>{1, 2}));
}

async_generator<int> fail_behind_one() {
    co_yield 1;
    throw std::runtime_error{"behind one"};
}

task<std::string> watch_a_failure() {
    async_generator<int> failing = fail_behind_one();
    std::string seen;
    const bool first = co_await failing.next();
    seen += first ? "value " : "end ";
    try {
        (void)co_await failing.next();
    } catch (const std::runtime_error& error) {
        seen += error.what();
    }
    const bool more = co_await failing.next();
    seen += more ? " value" : " end";
    co_return seen;
}

TEST(async_generator, rethrows_once_and_then_is_at_its_end) {
    EXPECT_EQ(run(watch_a_failure()), "value behind one end");
}

async_generator<int> hold(lifetime_probe, lifetime_counts* counts) {
    const lifetime_probe local{*counts, 2};
    co_yield 1;
    co_yield 2;
}

task<> take_one(lifetime_counts* counts) {
    async_generator<int> holding = hold(lifetime_probe{*counts, 1}, counts);
    (void)co_await holding.next();
}

TEST(async_generator, destroys_its_locals_when_it_is_given_up_at_a_yield) {
    lifetime_counts counts;
    run(take_one(&counts));
    EXPECT_GE(counts.constructed, 2);
    EXPECT_EQ(counts.alive(), 0);
}

async_generator<std::string_view> yield_temporaries() {
    co_yield std::string(100, 'a');
    co_yield std::string(100, 'b') + "c";
}

task<std::string> join(async_generator<std::string_view> pieces) {
    std::string all;
    while (true) {
        const bool has_more = co_await pieces.next();
        if (!has_more)
            break;
        all += pieces.value();
    }
    co_return all;
}

TEST(async_generator, keeps_what_it_yields_until_it_is_resumed) {
    EXPECT_EQ(run(join(yield_temporaries())), std::string(100, 'a') + std::string(100, 'b') + "c");
}

task<long> sum_of(async_generator<int> values) {
    long sum = 0;
    while (true) {
        const bool has_more = co_await values.next();
        if (!has_more)
            break;
        sum += values.value();
    }
    co_return sum;
}

TEST(async_generator, takes_constant_stack_for_a_million_values) {
    EXPECT_EQ(run(sum_of(count_to(1'000'000))), 500'000'500'000L);
}

} // namespace
