// SPDX-License-Identifier: Apache-2.0
#include <spry/core/continuation.hpp>

#include <spry/core/async_generator.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>

#include <gtest/gtest.h>

#include <coroutine>
#include <exception>
#include <utility>

namespace {

using spry::async_generator;
using spry::continuation;
using spry::task;
using spry::task_scope;

// A suspension that says who it was that suspended; the test resumes it.
struct suspension {
    continuation* who;

    bool await_ready() const noexcept { return false; }
    void await_suspend(continuation waiter) const noexcept { *who = waiter; }
    void await_resume() const noexcept {}
};

task<> wait(continuation* who) {
    co_await suspension{who};
}
task<> pass_on(task<> inner) {
    co_await std::move(inner);
}

TEST(continuation, leads_from_each_task_to_the_one_that_awaits_it) {
    continuation who;
    task<> middle = pass_on(wait(&who));
    const void* const middle_address = middle.address();
    task<> outer = pass_on(std::move(middle));
    outer.start();
    EXPECT_EQ(who.awaited_by().address(), middle_address);
    EXPECT_EQ(who.awaited_by().awaited_by().address(), outer.address());
    EXPECT_FALSE(who.awaited_by().awaited_by().awaited_by());
    who.handle().resume();
    EXPECT_TRUE(outer.done());
}

task<> wait_beside_another(continuation* one, continuation* other, task_scope* scope) {
    scope->spawn(wait(one));
    scope->spawn(wait(other));
    co_await scope->join();
}

TEST(continuation, leads_from_each_child_of_a_scope_to_who_joins_it) {
    continuation one;
    continuation other;
    task_scope scope;
    task<> outer = wait_beside_another(&one, &other, &scope);
    outer.start();
    for (const continuation& child : {one, other})
        EXPECT_EQ(child.awaited_by().awaited_by().address(), outer.address());
    one.handle().resume();
    EXPECT_FALSE(outer.done());
    other.handle().resume();
    EXPECT_TRUE(outer.done());
}

TEST(continuation, ends_at_a_scope_that_nobody_joins) {
    continuation who;
    task_scope scope;
    scope.spawn(wait(&who));
    EXPECT_TRUE(who.awaited_by());
    EXPECT_FALSE(who.awaited_by().awaited_by());
    who.handle().resume();
}

async_generator<int> produce(continuation* who) {
    co_await suspension{who};
    co_yield 1;
}
task<int> consume(continuation* who) {
    async_generator<int> values = produce(who);
    const bool has_one = co_await values.next();
    co_return has_one ? values.value() : 0;
}

TEST(continuation, leads_from_a_generator_to_its_consumer) {
    continuation who;
    task<int> outer = consume(&who);
    outer.start();
    EXPECT_EQ(who.awaited_by().address(), outer.address());
    who.handle().resume();
    ASSERT_TRUE(outer.done());
    EXPECT_EQ(std::move(outer).result(), 1);
}

// A coroutine type of somebody else's, whose promise says nothing.
struct foreign {
    struct promise_type {
        foreign get_return_object() noexcept {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
    std::coroutine_handle<promise_type> frame;
};

foreign adopt(task<> inner) {
    co_await std::move(inner);
}

TEST(continuation, ends_at_a_coroutine_of_a_foreign_type_and_resumes_it) {
    continuation who;
    const foreign outer = adopt(pass_on(wait(&who)));
    const continuation adopter = who.awaited_by().awaited_by();
    EXPECT_EQ(adopter.address(), outer.frame.address());
    EXPECT_FALSE(adopter.awaited_by());
    who.handle().resume();
    EXPECT_TRUE(outer.frame.done());
    outer.frame.destroy();
}

} // namespace
