// SPDX-License-Identifier: Apache-2.0
// Handlers called in process, as the tests of who writes functions call them.
#include <spry/spry.hpp>
#include <spry/testing.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using spry::context;
using spry::event;
using spry::response;
using spry::task;
using spry::testing::call;
using spry::testing::function_settings;
using spry::testing::invoke;
using spry::testing::outcome;
using spry::testing::tested_function;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// --- answers ---

struct person {
    std::string_view name = "world";
};
SPRY_JSON(person, name)

struct greeting {
    std::string hello;
};
SPRY_JSON(greeting, hello)

greeting greet(person someone) {
    return greeting{std::string{someone.name}};
}

TEST(tested_function, answers_an_event) {
    const outcome ended = invoke(greet, R"({"name":"Ada"})");
    EXPECT_FALSE(ended.failed);
    EXPECT_EQ(ended.body, R"({"hello":"Ada"})");
    EXPECT_EQ(ended.content_type, "application/json");
    EXPECT_FALSE(ended.is_stream);
    EXPECT_EQ(ended.took, 0ns);
    EXPECT_EQ(ended.log, "");
}

TEST(tested_function, takes_bytes_of_any_kind_and_size) {
    tested_function echo{
        [](event given) { return response::bytes(given.bytes(), given.content_type()); }};
    const std::string bytes("\0\r\n\r\n\xff", 6);
    call about;
    about.content_type = "application/x-test";
    for (const std::string& sent : {std::string{}, bytes, std::string(6'291'556, 'x')}) {
        const outcome ended = echo.invoke(sent, about);
        EXPECT_EQ(ended.body, sent);
        EXPECT_EQ(ended.content_type, "application/x-test");
    }
}

TEST(tested_function, keeps_its_state_and_its_loop_from_one_invocation_to_the_next) {
    int calls = 0;
    tested_function counting{[&calls](event) { return ++calls; }};
    spry::io::event_loop* const loop = &counting.loop();
    EXPECT_EQ(counting.invoke("{}").body, "1");
    EXPECT_EQ(counting.invoke("{}").body, "2");
    EXPECT_EQ(&counting.loop(), loop);
}

TEST(tested_function, takes_what_wrap_makes) {
    const auto refused = [](event, context&) {
        return std::optional<response>{response::text("refused")};
    };
    EXPECT_EQ(invoke(spry::wrap(refused, greet), "{}").body, "refused");
}

// --- the context ---

TEST(tested_function, tells_the_handler_what_the_call_says) {
    call about;
    about.request_id = "id-1";
    about.function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:f:live";
    about.trace_id = "Root=1-2-3;Sampled=1";
    about.tenant_id = "tenant";
    about.client_context = R"({"custom":{"a":"b"}})";
    about.cognito_identity = R"({"cognitoIdentityId":"c"})";
    function_settings how;
    how.environment.function_name = "f";
    how.environment.memory_size_mib = 256;
    const auto tell = [](event, context& seen) {
        std::string told;
        for (const std::string_view each :
             {seen.request_id(), seen.invoked_function_arn(), seen.trace_id(), seen.tenant_id(),
              seen.client_context(), seen.cognito_identity(), seen.environment().function_name})
            told.append(each).append("\n");
        return response::text(told + std::to_string(seen.environment().memory_size_mib));
    };
    EXPECT_EQ(invoke(tell, "{}", about, how).body,
              "id-1\narn:aws:lambda:eu-west-1:123456789012:function:f:live\nRoot=1-2-3;Sampled=1\n"
              "tenant\n{\"custom\":{\"a\":\"b\"}}\n{\"cognitoIdentityId\":\"c\"}\nf\n256");
}

TEST(tested_function, refuses_a_call_that_nobody_can_make) {
    call about;
    about.client_context = "{}\r\nInjected: yes";
    EXPECT_THROW(invoke(greet, "{}", about), std::invalid_argument);
    about = {};
    about.request_id.clear();
    EXPECT_THROW(invoke(greet, "{}", about), std::invalid_argument);
}

// --- time ---

task<std::string> sleep_ten_seconds(event, context& about) {
    const spry::result<> slept = co_await about.loop().sleep_for(10s, about.stop());
    co_return slept ? "slept" : "stopped";
}

TEST(tested_function, lets_time_pass_where_a_handler_waits) {
    call about;
    about.timeout = 15min;
    const outcome ended = invoke(sleep_ten_seconds, "{}", about);
    EXPECT_EQ(ended.body, "\"slept\"");
    EXPECT_EQ(ended.took, 10s);
    about.timeout.reset();
    EXPECT_EQ(invoke(sleep_ten_seconds, "{}", about).took, 10s);
}

TEST(tested_function, stops_a_handler_before_its_deadline) {
    function_settings how;
    how.stop_margin = 500ms;
    const outcome ended = invoke(sleep_ten_seconds, "{}", {}, how);
    EXPECT_EQ(ended.body, "\"stopped\"");
    EXPECT_EQ(ended.took, 2500ms);
    EXPECT_FALSE(ended.timed_out);
}

TEST(tested_function, says_that_a_deaf_handler_has_missed_its_deadline) {
    const auto deaf = [](event, context& about) -> task<std::string> {
        (void)co_await about.loop().sleep_for(10s);
        co_return "late";
    };
    const outcome ended = invoke(deaf, "{}");
    EXPECT_TRUE(ended.timed_out);
    EXPECT_TRUE(ended.failed);
    EXPECT_EQ(ended.error_type, "Sandbox.Timedout");
    EXPECT_EQ(ended.error_message, "Task timed out after 3.00 seconds");
    EXPECT_EQ(ended.body, "");
    EXPECT_EQ(ended.took, 10s);
    EXPECT_THAT(ended.log, HasSubstr("the handler is about to miss its deadline"));
}

TEST(tested_function, has_a_wall_clock_that_goes_on_with_the_time) {
    const auto left = [](event, context& about) -> task<std::string> {
        const auto before = about.remaining_time();
        const auto wall_before = about.loop().wall_time();
        (void)co_await about.loop().sleep_for(1s);
        const bool agree = about.loop().wall_time() - wall_before == 1s;
        co_return std::to_string(before / 1ms) + " " +
            std::to_string(about.remaining_time() / 1ms) + (agree ? "" : " and another wall clock");
    };
    tested_function twice{left};
    EXPECT_EQ(twice.invoke("{}").body, "\"3000 2000\"");
    EXPECT_EQ(twice.invoke("{}").body, "\"3000 2000\"");
}

// --- failures ---

TEST(tested_function, shows_what_was_thrown) {
    const auto fails = [](event) -> int { throw std::out_of_range("no such order"); };
    const outcome ended = invoke(fails, "{}");
    EXPECT_TRUE(ended.failed);
    EXPECT_EQ(ended.error_type, "std::out_of_range");
    EXPECT_EQ(ended.error_message, "no such order");
    EXPECT_THAT(ended.error_document, HasSubstr(R"("errorMessage":"no such order")"));
    EXPECT_EQ(ended.body, "");
    EXPECT_THAT(ended.log, HasSubstr("\tERROR\tthe handler failed\t"));
    EXPECT_FALSE(ended.timed_out);
}

TEST(tested_function, shows_an_error_on_purpose_and_an_event_that_does_not_fit) {
    const auto refuses = [](event) -> response {
        return spry::failure("Order.NotFound", "there is no order 7");
    };
    EXPECT_EQ(invoke(refuses, "{}").error_type, "Order.NotFound");
    EXPECT_EQ(invoke(greet, R"({"name":7})").error_type, "spry::event_mismatch");
}

// --- logs ---

TEST(tested_function, captures_the_records_of_its_invocation) {
    tested_function logging{[](event, context& about) {
        about.log().info("counted", {{"items", 3}});
        about.log().debug("not this");
        spry::process_log().warn("beside");
        return 0;
    }};
    call about;
    about.request_id = "id-1";
    const std::string log = logging.invoke("{}", about).log;
    EXPECT_THAT(log, HasSubstr("\tid-1\tINFO\tcounted\titems=3\n"));
    EXPECT_THAT(log, HasSubstr("WARN\tbeside\n"));
    EXPECT_THAT(log, Not(HasSubstr("not this")));
    EXPECT_THAT(log, Not(HasSubstr("the process ends")));
}

TEST(tested_function, captures_records_as_json_of_the_level_that_is_asked_for) {
    function_settings how;
    how.level = spry::log_level::debug;
    how.format = spry::log_format::json;
    const auto logs = [](event, context& about) {
        about.log().debug("found", {{"order", "a\"b"}});
        return 0;
    };
    EXPECT_THAT(invoke(logs, "{}", {}, how).log,
                HasSubstr(R"("level":"DEBUG","message":"found",)"));
    EXPECT_THAT(invoke(logs, "{}", {}, how).log, EndsWith("\"order\":\"a\\\"b\"}\n"));
}

// --- streams ---

task<> count(spry::stream_writer& out, context& about, int to) {
    for (int i = 1; i <= to; ++i) {
        (void)co_await about.loop().sleep_for(1s);
        const std::string piece = std::to_string(i) + "\n";
        (void)co_await out.write(piece);
    }
}

TEST(tested_function, shows_a_stream_in_its_pieces) {
    const auto counting = [](event, context& about) {
        return about.stream("text/plain", count, about, 2);
    };
    const outcome ended = invoke(counting, "{}");
    EXPECT_TRUE(ended.is_stream);
    EXPECT_THAT(ended.chunks, ElementsAre("1\n", "2\n"));
    EXPECT_EQ(ended.body, "1\n2\n");
    EXPECT_EQ(ended.content_type, "text/plain");
    EXPECT_EQ(ended.took, 2s);
    EXPECT_FALSE(ended.failed);
}

spry::byte_generator break_off() {
    co_yield "a part";
    throw std::runtime_error("the source has gone");
}

TEST(tested_function, shows_a_stream_that_breaks_off) {
    const outcome ended =
        invoke([](event, context& about) { return about.stream(break_off); }, "{}");
    EXPECT_TRUE(ended.is_stream);
    EXPECT_EQ(ended.body, "a part");
    EXPECT_TRUE(ended.failed);
    EXPECT_EQ(ended.error_type, "std::runtime_error");
    EXPECT_EQ(ended.error_message, "the source has gone");
}

task<> until_stopped(spry::stream_writer& out, context& about) {
    while (true) {
        const spry::result<> slept = co_await about.loop().sleep_for(1s, about.stop());
        if (!slept)
            break;
        (void)co_await out.write("tick ");
    }
    (void)co_await out.write("end");
}

TEST(tested_function, stops_a_stream_before_the_deadline) {
    const outcome ended =
        invoke([](event, context& about) { return about.stream(until_stopped, about); }, "{}");
    EXPECT_EQ(ended.body, "tick tick end");
    EXPECT_EQ(ended.took, 2900ms);
    EXPECT_FALSE(ended.timed_out);
}

// --- HTTP ---

spry::byte_generator page() {
    co_yield "<h1>";
    co_yield "Hello</h1>";
}

TEST(tested_function, shows_a_streamed_http_answer) {
    const auto serve = [](event, context& about) {
        return about.stream(spry::http_prelude{.status = 201,
                                               .headers = {{"content-type", "text/html"}},
                                               .cookies = {"seen=1"}},
                            page);
    };
    const outcome ended = invoke(serve, "{}");
    EXPECT_THAT(ended.chunks, ElementsAre("<h1>", "Hello</h1>"));
    EXPECT_THAT(ended.prelude, HasSubstr(R"("statusCode":201)"));
    const auto answer = ended.http();
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "<h1>Hello</h1>");
    EXPECT_THAT(answer.headers, ElementsAre(std::pair{"content-type", "text/html"},
                                            std::pair{"Set-Cookie", "seen=1"}));
}

TEST(tested_function, shows_an_http_answer) {
    const auto serve = [](event) {
        return response::json(R"({"statusCode":404,"headers":{"x-a":"b"},"body":"no"})");
    };
    const auto answer = invoke(serve, "{}").http();
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "no");
    EXPECT_THAT(answer.headers, ElementsAre(std::pair{"x-a", "b"}));
}

TEST(tested_function, has_no_http_answer_where_there_is_none) {
    const auto fails = [](event) -> int { throw std::runtime_error("no"); };
    EXPECT_THROW(invoke(fails, "{}").http(), std::runtime_error);
    const auto wrong = [](event) { return response::json(R"({"statusCode":"ten"})"); };
    EXPECT_THROW(invoke(wrong, "{}").http(), std::runtime_error);
}

} // namespace
