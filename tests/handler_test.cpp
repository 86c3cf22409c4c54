// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/handler.hpp>

#include "support/one_invocation.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace {

using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::task;

struct point {
    int x = 0;
    int y = 0;
};
SPRY_JSON(point, x, y)

using handler = spry::tests::one_invocation;

response plain_event(event given) {
    return response::json(given.bytes());
}
response event_and_context(event, context& about) {
    return response::text(about.request_id());
}
task<response> coroutine_event(event given) {
    co_return response::json(given.bytes());
}
task<response> coroutine_context(event, context& about) {
    (void)co_await about.loop().yield();
    co_return response::text(about.request_id());
}
point swapped(point given) {
    return {given.y, given.x};
}
point shifted(const point& given, context& about) {
    return {given.x + static_cast<int>(about.request_id().size()), given.y};
}
task<point> coroutine_swapped(point given, context& about) {
    (void)co_await about.loop().yield();
    co_return point{given.y, given.x};
}
// Longer than what a string keeps in itself.
constexpr std::string_view long_text = "a text that lies in memory of its own, somewhere else";
task<std::string> coroutine_long_reference(const std::string& given, context& about) {
    (void)co_await about.loop().yield();
    co_return given;
}
task<std::string> coroutine_temporary(std::string&& given, context& about) {
    (void)co_await about.loop().yield();
    co_return std::move(given);
}
task<std::vector<int>> coroutine_list(std::vector<int> given) {
    given.push_back(0);
    co_return given;
}
std::string shout(std::string_view text) {
    return std::string{text} + "!";
}
void nothing(event) {}
task<response> coroutine_reference(const event& given, context& about) {
    (void)co_await about.loop().yield();
    co_return response::json(given.bytes());
}
task<> nothing_later(event) {
    co_return;
}
spry::result<point, spry::function_error> checked(point given) {
    if (given.x < 0)
        return spry::failure("Point.Outside", "x is negative");
    return point{given.y, given.x};
}
task<spry::result<std::string, spry::function_error>> checked_later(point given, context& about) {
    (void)co_await about.loop().yield();
    if (given.x < 0)
        co_return spry::failure("Point.Outside", "x is negative");
    co_return std::to_string(given.x);
}
spry::result<response, spry::function_error> checked_response(event given) {
    if (given.text().empty())
        return spry::failure("Event.Empty", "there is nothing in it");
    return response::json(given.bytes());
}
task<spry::result<void, spry::function_error>> checked_nothing(point given) {
    if (given.x < 0)
        co_return spry::failure("Point.Outside", "x is negative");
    co_return {};
}
spry::result<int> checked_code(int given) {
    if (given < 0)
        return spry::failure(std::errc::value_too_large);
    return given;
}
task<std::string> throws_later(event) {
    throw std::runtime_error{"later"};
    co_return "";
}

TEST_F(handler, takes_an_event) {
    EXPECT_EQ(answer({"f", plain_event}, "[1]"), "[1]");
}
TEST_F(handler, takes_an_event_and_a_context) {
    EXPECT_EQ(answer({"f", event_and_context}, "1"), "id-1");
}
TEST_F(handler, may_be_a_coroutine) {
    EXPECT_EQ(answer({"f", coroutine_event}, "[1]"), "[1]");
    EXPECT_EQ(answer({"f", coroutine_context}, "1"), "id-1");
    EXPECT_EQ(answer({"f", coroutine_reference}, "[1]"), "[1]");
}
TEST_F(handler, takes_and_returns_types_of_its_own) {
    EXPECT_EQ(answer({"f", swapped}, R"({"x":1,"y":2})"), R"({"x":2,"y":1})");
    EXPECT_EQ(answer({"f", shifted}, R"({"x":1})"), R"({"x":5,"y":0})");
    EXPECT_EQ(answer({"f", coroutine_swapped}, R"({"x":1,"y":2})"), R"({"x":2,"y":1})");
    EXPECT_EQ(answer({"f", coroutine_list}, "[3,2,1]"), "[3,2,1,0]");
    EXPECT_EQ(answer({"f", shout}, R"("hey")"), R"("hey!")");
}
TEST_F(handler, may_refer_to_what_was_read_for_it) {
    const std::string quoted = '"' + std::string{long_text} + '"';
    EXPECT_EQ(answer({"f", coroutine_long_reference}, quoted), quoted);
    EXPECT_EQ(answer({"f", coroutine_temporary}, quoted), quoted);
}
TEST_F(handler, answers_null_where_it_returns_nothing) {
    EXPECT_EQ(answer({"f", nothing}, "{}"), "null");
    EXPECT_EQ(answer({"f", nothing_later}, "{}"), "null");
}
TEST_F(handler, may_be_a_lambda_with_state_of_any_size) {
    int offset = 10;
    offset += static_cast<int>(invocation_.request_id.size()) - 4;
    EXPECT_EQ(
        answer({"f", [offset](point given) { return point{given.x + offset, 0}; }}, R"({"x":1})"),
        R"({"x":11,"y":0})");
    const std::array<int, 100> large{7};
    EXPECT_EQ(answer({"f", [large](event) { return large[0]; }}, "{}"), "7");
    auto owner = std::make_unique<int>(3);
    EXPECT_EQ(answer({"f", [owner = std::move(owner)](event) { return *owner; }}, "{}"), "3");
    EXPECT_EQ(answer({"f", [](auto given) { return response::json(given.bytes()); }}, "8"), "8");
}
TEST_F(handler, throws_when_the_event_does_not_fit) {
    try {
        answer({"f", swapped}, R"({"x":1,"y":"two"})");
        FAIL() << "no exception";
    } catch (const spry::event_mismatch& thrown) {
        EXPECT_EQ(std::string_view{thrown.what()},
                  "the event does not fit the handler: at .y: expected an integer from -2147483648 "
                  "to 2147483647, found a string");
    }
}
TEST_F(handler, lets_exceptions_through) {
    EXPECT_THROW(answer({"f", throws_later}, "{}"), std::runtime_error);
    EXPECT_THROW(answer({"f", [](event) -> int { throw 5; }}, "{}"), int);
}

// What the caller is told; empty where the handler has answered.
std::string failure_of(const std::function<std::string()>& answer) {
    try {
        answer();
    } catch (const spry::function_error& thrown) {
        return std::string{thrown.type()} + ": " + thrown.what();
    }
    return "";
}
TEST_F(handler, may_return_a_failure_beside_a_type_of_its_own) {
    const auto failing = [this](const function& entry, std::string_view text) {
        return failure_of([&] { return answer(entry, text); });
    };
    const std::string outside = "Point.Outside: x is negative";
    EXPECT_EQ(answer({"f", checked}, R"({"x":1,"y":2})"), R"({"x":2,"y":1})");
    EXPECT_EQ(failing({"f", checked}, R"({"x":-1})"), outside);
    EXPECT_EQ(answer({"f", checked_later}, R"({"x":1})"), R"("1")");
    EXPECT_EQ(failing({"f", checked_later}, R"({"x":-1})"), outside);
    EXPECT_EQ(answer({"f", checked_response}, "[1]"), "[1]");
    EXPECT_EQ(failing({"f", checked_response}, ""), "Event.Empty: there is nothing in it");
    EXPECT_EQ(answer({"f", checked_nothing}, R"({"x":1})"), "null");
    EXPECT_EQ(failing({"f", checked_nothing}, R"({"x":-1})"), outside);
}
TEST_F(handler, may_return_the_result_of_a_call) {
    EXPECT_EQ(answer({"f", checked_code}, "7"), "7");
    EXPECT_THROW(answer({"f", checked_code}, "-7"), std::system_error);
}

// The shape of std::expected, which C++20 has not.
template <class T, class E>
struct expected {
    using value_type = T;
    std::variant<T, E> state;
    bool has_value() const { return state.index() == 0; }
    T&& operator*() && { return std::get<0>(std::move(state)); }
    E& error() & { return std::get<1>(state); }
    E&& error() && { return std::get<1>(std::move(state)); }
};
TEST_F(handler, may_return_what_has_the_shape_of_a_result) {
    const auto half = [](int given) -> expected<int, spry::function_error> {
        if (given % 2 != 0)
            return {spry::failure("Number.Odd", "it has no half")};
        return {given / 2};
    };
    EXPECT_EQ(answer({"f", half}, "8"), "4");
    EXPECT_EQ(failure_of([&] { return answer({"f", half}, "7"); }), "Number.Odd: it has no half");
}

static_assert(!spry::handler<int>);
static_assert(!spry::handler<decltype([](event) { return spry::result<void*>{nullptr}; })>);
static_assert(!spry::handler<decltype([](event) { return spry::result<int, std::string>{1}; })>);
static_assert(!spry::handler<int (*)(int*)>);
static_assert(!spry::handler<decltype([](event, int) { return 1; })>);
static_assert(!spry::handler<decltype([](event) { return static_cast<void*>(nullptr); })>);
static_assert(spry::handler<decltype([](event) { return 1; })>);

class function_table : public testing::Test {
protected:
    const function* choose(std::span<const function> table, std::vector<const char*> arguments,
                           std::string_view variable) {
        arguments.insert(arguments.begin(), "program");
        last_ = spry::choose_function(table, static_cast<int>(arguments.size()), arguments.data(),
                                      variable);
        return last_.chosen;
    }
    spry::function_choice last_;
};

TEST_F(function_table, with_one_entry_takes_any_name) {
    const function table[] = {{"only", nothing}};
    EXPECT_EQ(choose(table, {}, ""), &table[0]);
    EXPECT_EQ(choose(table, {"app.handler"}, "function.handler"), &table[0]);
}
TEST_F(function_table, with_several_is_asked_by_the_argument_first) {
    const function table[] = {{"a", nothing}, {"b", nothing}, {"c", nothing}};
    EXPECT_EQ(choose(table, {"b"}, "c"), &table[1]);
    EXPECT_EQ(choose(table, {"--verbose", "", "b"}, ""), &table[1]);
    EXPECT_EQ(choose(table, {}, "c"), &table[2]);
    EXPECT_EQ(choose(table, {"--verbose"}, "c"), &table[2]);
}
TEST_F(function_table, does_not_guess) {
    const function table[] = {{"a", nothing}, {"b", nothing}};
    EXPECT_EQ(choose(table, {}, ""), nullptr);
    EXPECT_EQ(last_.wanted, "");
    EXPECT_EQ(choose(table, {"x"}, "a"), nullptr);
    EXPECT_EQ(last_.wanted, "x");
    EXPECT_EQ(choose(table, {}, "A"), nullptr);
    EXPECT_EQ(last_.wanted, "A");
    EXPECT_EQ(choose({}, {"a"}, ""), nullptr);
}

} // namespace
