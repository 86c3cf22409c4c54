// SPDX-License-Identifier: Apache-2.0
// The idioms of coroutines that this project relies on, run on each compiler we support. g++ 11 and
// 12 destroy twice, or never, in others that look as ordinary; those are the ones our rules forbid
// (one co_await per full expression, nothing with a destructor built inside it, no co_await in ?:
// or in braces). A compiler that fails here cannot compile spry.
//
// Each coroutine suspends where it says `pass`, so that what lives across the suspension lies in
// its frame. When all is over, every value has been destroyed as often as it was constructed.
#include <spry/core/result.hpp>
#include <spry/core/task.hpp>

#include "support/gate.hpp"
#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using spry::failure;
using spry::result;
using spry::task;
using spry::tests::gate;
using spry::tests::lifetime_counts;
using spry::tests::lifetime_probe;

constexpr const char* long_text = "a text that is too long to lie in a string itself";

class compiler_contract : public testing::Test {
protected:
    ~compiler_contract() override { EXPECT_EQ(counts_.alive(), 0); }

    lifetime_probe probe(int number) { return lifetime_probe{counts_, number}; }

    /// Runs to the end, through every suspension.
    template <class T>
    T finish(task<T> work) {
        work.start();
        while (!work.done())
            gate_.open();
        return std::move(work).result();
    }

    lifetime_counts counts_;
    gate gate_;
};

task<int> number_of(gate* at, lifetime_probe value) {
    co_await at->pass();
    co_return value.id;
}

task<lifetime_probe> make(gate* at, lifetime_counts* counts, int number) {
    co_await at->pass();
    co_return lifetime_probe{*counts, number};
}

// --- arguments ---

task<int> pass_a_prvalue(gate* at, lifetime_counts* counts) {
    const int number = co_await number_of(at, lifetime_probe{*counts, 3});
    co_return number;
}

TEST_F(compiler_contract, a_prvalue_argument_lives_as_long_as_the_callee) {
    EXPECT_EQ(finish(pass_a_prvalue(&gate_, &counts_)), 3);
}

task<int> pass_a_named(gate* at, lifetime_counts* counts) {
    lifetime_probe named{*counts, 4};
    const int number = co_await number_of(at, std::move(named));
    co_return number * 10 + named.id;
}

TEST_F(compiler_contract, a_named_argument_is_moved_into_the_callee) {
    EXPECT_EQ(finish(pass_a_named(&gate_, &counts_)), 39);
    EXPECT_EQ(counts_.copied, 0);
}

struct options {
    lifetime_probe first;
    lifetime_probe second;
};

task<int> sum_of(gate* at, options given) {
    co_await at->pass();
    co_return given.first.id + given.second.id;
}

task<int> pass_a_named_aggregate(gate* at, lifetime_counts* counts) {
    options named{lifetime_probe{*counts, 1}, lifetime_probe{*counts, 2}};
    const int sum = co_await sum_of(at, std::move(named));
    co_return sum;
}

TEST_F(compiler_contract, an_aggregate_is_named_first_and_moved) {
    EXPECT_EQ(finish(pass_a_named_aggregate(&gate_, &counts_)), 3);
}

struct constructed_options {
    constructed_options(lifetime_probe one, lifetime_probe other)
        : first(std::move(one)), second(std::move(other)) {}
    lifetime_probe first;
    lifetime_probe second;
};

task<int> sum_of_constructed(gate* at, constructed_options given) {
    co_await at->pass();
    co_return given.first.id + given.second.id;
}

task<int> pass_a_constructed(gate* at, lifetime_counts* counts) {
    const int sum = co_await sum_of_constructed(
        at, constructed_options{lifetime_probe{*counts, 1}, lifetime_probe{*counts, 2}});
    co_return sum;
}

TEST_F(compiler_contract, a_type_with_a_constructor_may_be_built_in_place) {
    EXPECT_EQ(finish(pass_a_constructed(&gate_, &counts_)), 3);
}

struct trivial_options {
    int count = 1;
    int step = 2;
    const char* name = "";
};

task<int> use_trivial(gate* at, trivial_options given) {
    co_await at->pass();
    co_return given.count + given.step;
}

task<int> pass_designated(gate* at) {
    const int sum = co_await use_trivial(at, {.count = 4, .step = 5});
    co_return sum;
}

TEST_F(compiler_contract, a_trivially_destructible_aggregate_may_be_designated_in_place) {
    EXPECT_EQ(finish(pass_designated(&gate_)), 9);
}

template <class F>
task<int> call(gate* at, F function) {
    co_await at->pass();
    co_return function();
}

task<int> pass_a_named_lambda(gate* at, lifetime_counts* counts) {
    auto function = [captured = lifetime_probe{*counts, 6}] { return captured.id; };
    const int number = co_await call(at, std::move(function));
    co_return number;
}

TEST_F(compiler_contract, a_lambda_with_captures_is_named_first_and_moved) {
    EXPECT_EQ(finish(pass_a_named_lambda(&gate_, &counts_)), 6);
}

task<std::size_t> take_owners(gate* at, std::unique_ptr<lifetime_probe> pointer, std::string text,
                              std::vector<std::string> list) {
    co_await at->pass();
    co_return static_cast<std::size_t>(pointer->id) + text.size() + list.size();
}

task<std::size_t> pass_owners(gate* at, lifetime_counts* counts) {
    auto pointer = std::make_unique<lifetime_probe>(*counts, 1);
    std::vector<std::string> list{long_text, long_text};
    const std::size_t sum = co_await take_owners(at, std::move(pointer), "four", std::move(list));
    co_return sum;
}

TEST_F(compiler_contract, owners_of_memory_are_moved_into_the_callee) {
    EXPECT_EQ(finish(pass_owners(&gate_, &counts_)), 7U);
}

// --- values ---

task<int> take_a_value(gate* at, lifetime_counts* counts) {
    const lifetime_probe made = co_await make(at, counts, 5);
    co_await at->pass();
    co_return made.id;
}

TEST_F(compiler_contract, a_value_is_moved_out_of_the_callee) {
    EXPECT_EQ(finish(take_a_value(&gate_, &counts_)), 5);
    EXPECT_EQ(counts_.copied, 0);
}

task<options> make_both(gate* at, lifetime_counts* counts) {
    co_await at->pass();
    co_return options{lifetime_probe{*counts, 7}, lifetime_probe{*counts, 8}};
}

task<int> take_both(gate* at, lifetime_counts* counts) {
    const options both = co_await make_both(at, counts);
    co_await at->pass();
    co_return both.first.id + both.second.id;
}

TEST_F(compiler_contract, an_aggregate_may_be_returned) {
    EXPECT_EQ(finish(take_both(&gate_, &counts_)), 15);
}

task<result<lifetime_probe>> attempt(gate* at, lifetime_counts* counts, bool succeeds) {
    co_await at->pass();
    if (!succeeds)
        co_return failure(std::errc::timed_out);
    co_return lifetime_probe{*counts, 5};
}

task<result<int>> attempt_both(gate* at, lifetime_counts* counts, bool succeeds) {
    const result<lifetime_probe> first = co_await attempt(at, counts, true);
    const result<lifetime_probe> second = co_await attempt(at, counts, succeeds);
    if (!second)
        co_return failure(second.error());
    co_return first->id + second->id;
}

TEST_F(compiler_contract, a_result_is_passed_on_by_hand) {
    EXPECT_EQ(finish(attempt_both(&gate_, &counts_, true)).value(), 10);
    EXPECT_EQ(finish(attempt_both(&gate_, &counts_, false)).error(), std::errc::timed_out);
}

task<std::vector<lifetime_probe>> make_three(gate* at, lifetime_counts* counts) {
    co_await at->pass();
    std::vector<lifetime_probe> made;
    for (int i = 1; i <= 3; ++i)
        made.emplace_back(*counts, i);
    co_return made;
}

task<int> walk_three(gate* at, lifetime_counts* counts) {
    int sum = 0;
    const std::vector<lifetime_probe> three = co_await make_three(at, counts);
    for (const lifetime_probe& each : three) {
        co_await at->pass();
        sum += each.id;
    }
    co_return sum;
}

TEST_F(compiler_contract, a_container_may_be_walked_across_suspensions) {
    EXPECT_EQ(finish(walk_three(&gate_, &counts_)), 6);
}

// An operation knows its own address: it is built where it is awaited, and stays there.
class immovable_operation {
public:
    immovable_operation(gate& at, int number) noexcept : at_(at), number_(number), self_(this) {}
    immovable_operation(immovable_operation&&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const noexcept {
        at_.pass().await_suspend(waiter);
    }
    int await_resume() const noexcept { return self_ == this ? number_ : -1; }

private:
    gate& at_;
    int number_;
    immovable_operation* self_;
};

immovable_operation operate(gate* at, int number) {
    return immovable_operation{*at, number};
}

task<int> await_immovable(gate* at) {
    const int of_prvalue = co_await operate(at, 1);
    immovable_operation named{*at, 2};
    const int of_named = co_await named;
    co_return of_prvalue * 10 + of_named;
}

TEST_F(compiler_contract, an_immovable_operation_stays_where_it_was_built) {
    EXPECT_EQ(finish(await_immovable(&gate_)), 12);
}

// --- control flow ---

task<bool> say(gate* at, int* asked, bool answer) {
    ++*asked;
    co_await at->pass();
    co_return answer;
}

task<int> branch(gate* at, int* asked) {
    int taken = 0;
    if (const bool yes = co_await say(at, asked, true); yes)
        taken |= 1;
    while (co_await say(at, asked, false))
        taken |= 2;
    switch (const bool yes = co_await say(at, asked, true); static_cast<int>(yes)) {
    case 1:
        taken |= 4;
        break;
    default:
        break;
    }
    for (int i = 0; i != 2; ++i) {
        const bool yes = co_await say(at, asked, i == 1);
        if (!yes)
            continue;
        taken |= 8;
    }
    co_return taken;
}

TEST_F(compiler_contract, conditions_and_loops_await_once_each_time) {
    int asked = 0;
    EXPECT_EQ(finish(branch(&gate_, &asked)), 13);
    EXPECT_EQ(asked, 5);
}

task<int> skip_the_right_side(gate* at, int* asked) {
    int taken = 0;
    if (co_await say(at, asked, false) && co_await say(at, asked, true))
        taken |= 1;
    if (co_await say(at, asked, true) || co_await say(at, asked, true))
        taken |= 2;
    co_return taken;
}

TEST_F(compiler_contract, logical_operators_await_no_more_than_they_need) {
    int asked = 0;
    EXPECT_EQ(finish(skip_the_right_side(&gate_, &asked)), 2);
    EXPECT_EQ(asked, 2);
}

// --- exceptions ---

task<lifetime_probe> fail(gate* at, lifetime_probe value) {
    co_await at->pass();
    if (value.id > 0)
        throw std::runtime_error(long_text);
    co_return value;
}

task<int> pass_the_failure_on(gate* at, lifetime_counts* counts) {
    const lifetime_probe local{*counts, 1};
    const lifetime_probe never = co_await fail(at, lifetime_probe{*counts, 2});
    co_return local.id + never.id;
}

task<std::string> catch_it(gate* at, lifetime_counts* counts) {
    std::string caught;
    try {
        const lifetime_probe local{*counts, 3};
        const int never = co_await pass_the_failure_on(at, counts);
        caught = std::to_string(never + local.id);
    } catch (const std::runtime_error& error) {
        caught = error.what();
    }
    co_await at->pass();
    co_return caught;
}

TEST_F(compiler_contract, an_exception_crosses_three_coroutines_and_is_caught) {
    EXPECT_EQ(finish(catch_it(&gate_, &counts_)), long_text);
}

TEST_F(compiler_contract, an_exception_leaves_the_outermost_task) {
    EXPECT_THROW(finish(pass_the_failure_on(&gate_, &counts_)), std::runtime_error);
}

// --- ends ---

task<int> leaf(gate* at, lifetime_probe argument) {
    for (int i = 0; i != 3; ++i) {
        const lifetime_probe outer = argument;
        try {
            const lifetime_probe inner = argument;
            co_await at->pass();
        } catch (const std::exception&) {
            co_return -1;
        }
    }
    co_return argument.id;
}

task<int> root(gate* at, lifetime_probe argument) {
    const lifetime_probe local = argument;
    const int number = co_await leaf(at, std::move(argument));
    co_return number + local.id;
}

TEST_F(compiler_contract, a_suspended_chain_may_be_destroyed) {
    for (int suspensions = 0; suspensions != 3; ++suspensions) {
        task<int> work = root(&gate_, probe(1));
        work.start();
        for (int i = 0; i != suspensions; ++i)
            gate_.open();
    }
    EXPECT_EQ(counts_.alive(), 0);
    EXPECT_GT(counts_.constructed, 0);
}

TEST_F(compiler_contract, a_task_that_never_ran_destroys_its_arguments) {
    {
        const task<int> work = root(&gate_, probe(1));
    }
    EXPECT_EQ(counts_.alive(), 0);
}

task<int> at_once(int number) {
    co_return number;
}

task<long> await_very_often(int count) {
    long sum = 0;
    for (int i = 0; i != count; ++i) {
        const int number = co_await at_once(i & 1);
        sum += number;
    }
    co_return sum;
}

// A million tasks that end at once: each is left through a transfer, not through a deeper stack.
TEST_F(compiler_contract, symmetric_transfer_uses_no_stack) {
    EXPECT_EQ(finish(await_very_often(1'000'000)), 500'000);
}

task<int> nest(int depth) {
    if (depth == 0)
        co_return 0;
    const int below = co_await nest(depth - 1);
    co_return below + 1;
}

TEST_F(compiler_contract, a_deep_chain_ends_without_a_deep_stack) {
    EXPECT_EQ(finish(nest(100'000)), 100'000);
}

} // namespace
