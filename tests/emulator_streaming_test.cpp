// SPDX-License-Identifier: Apache-2.0
// InvokeWithResponseStream (runtime contract 2 and 7.1), over real sockets.
#include "emulator_caller.hpp"
#include "emulator_session.hpp"
#include "event_stream_reader.hpp"

#include <spry/core/base64.hpp>

#include <csignal>

namespace {

using spry_test::caller;
using spry_test::event_stream_message;
using spry_test::hear;
using spry_test::reply;
using spry_test::say;
using spry_test::session;
using spry_test::task;

constexpr std::string_view path = "/2021-11-15/functions/function/response-streaming-invocations";

task<> stream(session* self, std::string_view event,
              const session::fields& headers = session::no_fields) {
    return self->send("POST", path, event, headers);
}

// The same with a caller that hears the answer byte by byte.
task<> stream(caller* who, std::string_view event) {
    return say(who, "POST " + std::string{path} +
                        " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                        std::to_string(event.size()) + "\r\n\r\n" + std::string{event});
}

struct streamed {
    std::string payload;
    std::string complete; // the last message's
};

// What a whole answer says; its messages must be as they should be.
streamed read(const reply& from) {
    EXPECT_EQ(from.status, 200) << from.body;
    EXPECT_EQ(from.header("Content-Type"), "application/vnd.amazon.eventstream");
    EXPECT_EQ(from.header("X-Amz-Executed-Version"), "$LATEST");
    EXPECT_NE(from.header("x-amzn-RequestId"), "");
    const auto messages = spry_test::read_event_stream(from.body);
    if (!messages || messages->empty()) {
        ADD_FAILURE() << "no event stream";
        return {};
    }
    streamed all;
    for (const event_stream_message& each : *messages) {
        EXPECT_EQ(each.headers.at(":message-type"), "event");
        const bool is_last = &each == &messages->back();
        EXPECT_EQ(each.headers.at(":event-type"), is_last ? "InvokeComplete" : "PayloadChunk");
        (is_last ? all.complete : all.payload) += each.payload;
    }
    return all;
}

TEST(contract_2, a_piece_is_passed_on_before_the_function_has_ended) {
    session s;
    s.run([](session* self) -> task<> {
        caller listener{self};
        co_await stream(&listener, R"({"do":"stream_gated"})");
        co_await hear(&listener, "first");
        EXPECT_EQ(listener.heard.find("second"), listener.heard.npos);
        ::kill(self->function_pid(), SIGUSR1);
        co_await hear(&listener, "second");
        co_await hear(&listener, "\r\n0\r\n\r\n");
        EXPECT_FALSE(listener.has_ended);
    });
}

TEST(contract_7_1, both_dates_stream_and_any_other_is_unknown) {
    session s;
    s.run([](session* self) -> task<> {
        for (const char* date : {"2021-11-15", "2015-03-31", "2020-01-01"})
            co_await self->send("POST",
                                "/" + std::string{date} +
                                    "/functions/function/response-streaming-invocations",
                                R"({"do":"stream","n":3})");
    });
    EXPECT_EQ(read(s.replies[0]).payload, "xxx");
    EXPECT_EQ(read(s.replies[1]).payload, "xxx");
    EXPECT_EQ(s.replies[2].status, 404);
}

TEST(contract_7_1, a_response_of_any_size_comes_whole) {
    session s;
    s.run([](session* self) -> task<> {
        co_await stream(self, R"({"do":"stream","n":0})");
        co_await stream(self, R"({"do":"stream","n":20000000})");
        co_await self->invoke(R"({"do":"last"})");
    });
    EXPECT_EQ(read(s.replies[0]).payload, "");
    const streamed large = read(s.replies[1]);
    EXPECT_EQ(large.payload, std::string(20'000'000, 'x'));
    EXPECT_EQ(large.complete, "{}");
    EXPECT_EQ(s.replies[2].body.substr(0, 3), "202");
}

TEST(contract_7_1, a_function_that_does_not_stream_answers_there_too) {
    session s;
    s.run([](session* self) -> task<> {
        co_await stream(self, R"("not streamed")");
        co_await stream(self, R"({"do":"big","n":1000000})");
    });
    EXPECT_EQ(read(s.replies[0]).payload, R"("not streamed")");
    EXPECT_EQ(read(s.replies[0]).complete, "{}");
    EXPECT_EQ(read(s.replies[1]).payload, std::string(1'000'000, 'x'));
}

TEST(contract_7_1, an_error_is_told_in_the_last_message) {
    session s;
    s.run([](session* self) -> task<> {
        co_await stream(self, R"({"do":"error"})");
        co_await stream(self, R"({"do":"stream_error"})");
    });
    const streamed before = read(s.replies[0]);
    EXPECT_EQ(before.payload, "");
    EXPECT_EQ(
        before.complete,
        R"({"ErrorCode":"Unhandled","ErrorDetails":"{\"errorMessage\":\"no\",\"errorType\":\"Function.No\"}"})");
    const streamed behind = read(s.replies[1]);
    EXPECT_EQ(behind.payload, "part");
    EXPECT_EQ(behind.complete,
              R"({"ErrorCode":"Function.Broken","ErrorDetails":"{\"errorMessage\":\"mid\"}"})");
}

// The error's type and the beginning of its document.
void expect_error(const reply& answer, std::string_view payload, std::string_view code) {
    const streamed got = read(answer);
    EXPECT_EQ(got.payload, payload);
    const std::string begin = R"({"ErrorCode":")" + std::string{code} + R"(","ErrorDetails":"{)";
    EXPECT_EQ(got.complete.substr(0, begin.size()), begin) << got.complete;
}

TEST(contract_2, what_breaks_off_is_told_behind_what_has_come) {
    session s;
    s.options.function.timeout = std::chrono::seconds{1};
    s.run([](session* self) -> task<> {
        co_await stream(self, R"({"do":"stream_exit","n":3})");
        co_await stream(self, R"({"do":"stream_cut"})");
        co_await stream(self, R"({"do":"stream_hang"})");
        co_await stream(self, R"("again")");
    });
    expect_error(s.replies[0], "half", "Runtime.ExitError");
    expect_error(s.replies[1], "half", "Runtime.TruncatedResponse");
    expect_error(s.replies[2], "half", "Sandbox.Timedout");
    EXPECT_EQ(read(s.replies[3]).payload, R"("again")");
}

TEST(contract_2, a_response_beyond_the_limit_ends_behind_what_fits) {
    session s;
    s.options.streaming.bytes_max = 100'000;
    s.run([](session* self) -> task<> {
        co_await stream(self, R"({"do":"stream","n":100000})");
        co_await stream(self, R"({"do":"stream","n":100001})");
        co_await stream(self, R"("again")");
    });
    EXPECT_EQ(read(s.replies[0]).complete, "{}");
    expect_error(s.replies[1], std::string(100'000, 'x'), "Function.ResponseSizeTooLarge");
    EXPECT_EQ(read(s.replies[2]).payload, R"("again")");
}

TEST(contract_7_1, the_log_tail_comes_last) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields tail{{"X-Amz-Log-Type", "Tail"}};
        co_await stream(self, R"({"do":"stream","n":1})", tail);
    });
    const std::string complete = read(s.replies[0]).complete;
    constexpr std::string_view begin = R"({"LogResult":")";
    ASSERT_EQ(complete.substr(0, begin.size()), begin);
    const std::string log =
        spry::base64::decode(complete.substr(begin.size(), complete.size() - begin.size() - 2))
            .value_or("");
    EXPECT_EQ(log.substr(0, 17), "START RequestId: ");
    EXPECT_NE(log.find("\nREPORT RequestId: "), log.npos) << log;
}

TEST(contract_7_1, a_stream_is_invoked_and_refused_as_any_other) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields dry{{"X-Amz-Invocation-Type", "DryRun"}};
        co_await stream(self, "{}", dry);
        const session::fields later{{"X-Amz-Invocation-Type", "Event"}};
        co_await stream(self, "{}", later);
        co_await stream(self, "{");
        co_await self->send("GET", path);
        co_await stream(self, std::string(6'291'557, '1'));
    });
    EXPECT_EQ(s.replies[0].status, 204);
    EXPECT_EQ(s.replies[1].status, 400);
    EXPECT_EQ(s.replies[1].header("x-amzn-ErrorType"), "InvalidParameterValueException");
    EXPECT_EQ(s.replies[2].status, 400);
    EXPECT_EQ(s.replies[3].status, 405);
    EXPECT_EQ(s.replies[4].status, 413);
    EXPECT_NE(s.replies[4].body.find("InvokeWithResponseStream"), std::string::npos);
}

// The rest of its response is thrown away, and the function is none the worse for it.
TEST(contract_2, a_caller_that_goes_ends_its_own_stream_only) {
    session s;
    s.run([](session* self) -> task<> {
        {
            caller listener{self};
            co_await stream(&listener, R"({"do":"stream","n":100000000})");
            co_await hear(&listener, "xxx");
        }
        co_await self->invoke(R"({"do":"last"})");
    });
    EXPECT_EQ(s.replies[0].body.substr(0, 3), "202");
    EXPECT_EQ(s.log_count("START RequestId"), 2) << s.log();
}

} // namespace
