// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/middleware.hpp>

#include "support/lifetime_probe.hpp"
#include "support/one_invocation.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

using spry::context;
using spry::event;
using spry::next_handler;
using spry::response;
using spry::task;
using spry::wrap;

using middleware = spry::tests::one_invocation;

struct point {
    int x = 0;
    int y = 0;
};
SPRY_JSON(point, x, y)

// Writes down when it is entered and left.
struct tracing {
    char name;
    std::string* trace;

    task<response> operator()(event given, context& about, next_handler next) const {
        *trace += name;
        response answer = co_await next(given, about);
        *trace += name;
        co_return answer;
    }
};

struct tracing_gate {
    char name;
    std::string* trace;

    std::optional<response> operator()(event, context&) const {
        *trace += name;
        return std::nullopt;
    }
};

response echo(event given) {
    return response::json(given.bytes());
}

std::optional<response> only_lists(event given, context&) {
    if (given.text().starts_with('['))
        return std::nullopt;
    return response::text("no list");
}

// Says in the answer that it was there.
task<response> bracketed(event given, context& about, next_handler next) {
    const response answer = co_await next(given, about);
    co_return response::text("(" + std::string{answer.body_text()} + ")");
}

// Waits before and behind the handler.
task<response> unhurried(event given, context& about, next_handler next) {
    (void)co_await about.loop().yield();
    response answer = co_await next(given, about);
    (void)co_await about.loop().yield();
    co_return answer;
}

task<response> apologetic(event given, context& about, next_handler next) {
    std::string reason;
    try {
        co_return co_await next(given, about);
    } catch (const std::exception& thrown) {
        reason = thrown.what();
    }
    co_return response::text("sorry: " + reason);
}

task<response> passing(event given, context& about, next_handler next) {
    return next(given, about);
}

task<response> throwing_at_once(event, context&, next_handler) {
    throw std::runtime_error{"at once"};
}

point swapped(point given) {
    return {given.y, given.x};
}
task<point> swapped_later(point given, context& about) {
    (void)co_await about.loop().yield();
    co_return point{given.y, given.x};
}
std::string named(event, context& about) {
    return std::string{about.request_id()};
}
void nothing(event) {}
int failing(event) {
    throw std::runtime_error{"broken"};
}
task<int> failing_later(event, context& about) {
    (void)co_await about.loop().yield();
    throw std::runtime_error{"broken later"};
}

TEST_F(middleware, is_passed_from_the_outermost_inwards_and_back) {
    std::string trace;
    const auto innermost = [&trace](event) {
        trace += '.';
        return 1;
    };
    EXPECT_EQ(answer({"f", wrap(tracing{'a', &trace}, tracing_gate{'b', &trace},
                                tracing{'c', &trace}, innermost)},
                     "{}"),
              "1");
    EXPECT_EQ(trace, "abc.ca");
}

TEST_F(middleware, answers_itself_without_calling_the_handler) {
    std::string trace;
    const spry::function entry{"f",
                               wrap(tracing{'a', &trace}, only_lists, tracing{'b', &trace}, echo)};
    EXPECT_EQ(answer(entry, "[1]"), "[1]");
    EXPECT_EQ(trace, "abba");
    trace.clear();
    EXPECT_EQ(answer(entry, "{}"), "no list");
    EXPECT_EQ(trace, "aa");
}

TEST_F(middleware, changes_the_response) {
    EXPECT_EQ(answer({"f", wrap(bracketed, bracketed, echo)}, "1"), "((1))");
}

TEST_F(middleware, may_wait_around_the_handler) {
    EXPECT_EQ(answer({"f", wrap(unhurried, bracketed, unhurried, echo)}, "1"), "(1)");
}

TEST_F(middleware, may_be_a_plain_function) {
    EXPECT_EQ(answer({"f", wrap(passing, echo)}, "1"), "1");
    EXPECT_EQ(answer({"f", wrap(passing, bracketed, passing, echo)}, "1"), "(1)");
}

TEST_F(middleware, sees_what_the_handler_throws) {
    EXPECT_EQ(answer({"f", wrap(apologetic, failing)}, "1"), "sorry: broken");
    EXPECT_EQ(answer({"f", wrap(apologetic, passing, failing_later)}, "1"), "sorry: broken later");
    EXPECT_EQ(answer({"f", wrap(apologetic, throwing_at_once, echo)}, "1"), "sorry: at once");
    EXPECT_EQ(answer({"f", wrap(apologetic, echo)}, "1"), "1");
}

TEST_F(middleware, sees_that_the_event_does_not_fit) {
    EXPECT_EQ(answer({"f", wrap(apologetic, swapped)}, R"({"x":"1"})").substr(0, 49),
              "sorry: the event does not fit the handler: at .x:");
}

TEST_F(middleware, lets_exceptions_through) {
    EXPECT_THROW(answer({"f", wrap(unhurried, only_lists, failing)}, "[]"), std::runtime_error);
    EXPECT_THROW(answer({"f", wrap(throwing_at_once, echo)}, "[]"), std::runtime_error);
}

TEST_F(middleware, stands_before_a_handler_of_any_kind) {
    EXPECT_EQ(answer({"f", wrap(bracketed, swapped)}, R"({"x":1,"y":2})"), R"(({"x":2,"y":1}))");
    EXPECT_EQ(answer({"f", wrap(bracketed, swapped_later)}, R"({"x":1,"y":2})"),
              R"(({"x":2,"y":1}))");
    EXPECT_EQ(answer({"f", wrap(bracketed, named)}, "1"), R"(("id-1"))");
    EXPECT_EQ(answer({"f", wrap(bracketed, nothing)}, "1"), "(null)");
    EXPECT_EQ(answer({"f", wrap(bracketed, [](event) { return 7; })}, "1"), "(7)");
    EXPECT_EQ(answer({"f", wrap(bracketed, wrap(bracketed, echo))}, "1"), "((1))");
}

TEST_F(middleware, may_read_the_event_that_the_handler_reads_again) {
    const auto positive = [](event given, context&) -> std::optional<response> {
        const spry::result<point> read = given.read<point>();
        if (read && read->x > 0)
            return std::nullopt;
        return response::text("not positive");
    };
    const spry::function entry{"f", wrap(positive, swapped)};
    EXPECT_EQ(answer(entry, R"({"x":1,"y":2})"), R"({"x":2,"y":1})");
    EXPECT_EQ(answer(entry, R"({"x":-1,"y":2})"), "not positive");
    EXPECT_EQ(answer(entry, "["), "not positive");
}

TEST_F(middleware, may_call_the_handler_again) {
    int calls = 0;
    const auto twice = [](event given, context& about, next_handler next) -> task<response> {
        (void)co_await next(given, about);
        co_return co_await next(given, about);
    };
    EXPECT_EQ(answer({"f", wrap(twice, [&calls](event) { return ++calls; })}, "1"), "2");
}

TEST_F(middleware, is_stored_with_its_handler_and_destroyed_once) {
    spry::tests::lifetime_counts counts;
    {
        const auto made = [&counts](int number) {
            return [probe = spry::tests::lifetime_probe{counts, number},
                    large = std::make_unique<std::string>(100, 'x')](
                       event, context&) -> std::optional<response> {
                return probe.id == 2 ? std::optional{response::text(*large)} : std::nullopt;
            };
        };
        const spry::function entry{"f", wrap(made(1), made(2), echo)};
        EXPECT_EQ(counts.alive(), 2);
        EXPECT_EQ(answer(entry, "1"), std::string(100, 'x'));
    }
    EXPECT_EQ(counts.alive(), 0);
    EXPECT_EQ(counts.copied, 0);
}

struct empty_gate {
    std::optional<response> operator()(event, context&) const { return std::nullopt; }
};
static_assert(sizeof(wrap(empty_gate{}, [](event) { return 1; })) == 1);

static_assert(!spry::middleware<int>);
static_assert(!spry::middleware<decltype(&echo)>);
static_assert(
    !spry::middleware<decltype([](auto, context&) { return std::optional<response>{}; })>);
struct changing_gate {
    std::optional<response> operator()(event, context&) { return std::nullopt; }
};
static_assert(!spry::middleware<changing_gate>);

} // namespace
