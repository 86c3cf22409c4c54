// SPDX-License-Identifier: Apache-2.0
// An event that cannot be taken is refused, with what is wrong with it, by whoever knows best.
#include "release/local_function.hpp"

namespace {

using release::example;
using release::http_answer;
using release::local_function;
using testing::HasSubstr;

class wrong_event : public release::leaves_no_process {
protected:
    static constexpr std::size_t bytes_max = 6'291'556;

    static std::string mismatch(const local_function& function, std::string_view event) {
        const http_answer answer = function.invoke(event);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled") << answer.body;
        EXPECT_THAT(answer.body, HasSubstr("event_mismatch"));
        return answer.body;
    }
};

TEST_F(wrong_event, that_does_not_fit_names_the_place_and_what_was_expected) {
    local_function sum(example("multi"), {"sum"});
    EXPECT_THAT(mismatch(sum, R"({"numbers":[1,2,"three"]})"),
                HasSubstr("the event does not fit the handler: at .numbers[2]: expected a number, "
                          "found a string"));
    EXPECT_THAT(mismatch(sum, "{}"),
                HasSubstr("the event does not fit the handler: .numbers is required and missing"));
    EXPECT_THAT(mismatch(sum, "[1,2]"), HasSubstr("at the top level: expected an object"));
    EXPECT_THAT(mismatch(sum, R"({"numbers":null})"), HasSubstr("at .numbers: expected an array"));
    EXPECT_EQ(sum.invoke(R"({"numbers":[1,2]})").body, R"({"sum":3,"count":2})");
    EXPECT_EQ(sum.stop(), 0);
}

TEST_F(wrong_event, that_is_empty_is_an_empty_object) {
    local_function hello(example("hello"));
    EXPECT_EQ(hello.invoke("").body, R"({"hello":"world"})");
    EXPECT_EQ(hello.stop(), 0);
}

TEST_F(wrong_event, that_is_no_json_is_refused_as_the_service_does) {
    local_function echo(example("echo"));
    for (const char* event : {"{", "name=spry", "{\"a\":1}}", "\"\xff\"", "{'a':1}"}) {
        const http_answer answer = echo.invoke(event);
        EXPECT_EQ(answer.status, 400) << event;
        EXPECT_EQ(answer.header("x-amzn-errortype"), "InvalidRequestContentException");
        EXPECT_THAT(answer.body, HasSubstr(R"("Type":"User")"));
        EXPECT_THAT(answer.body, HasSubstr("Could not parse request body into json: "));
        EXPECT_THAT(answer.body, HasSubstr(" at byte "));
    }
    EXPECT_EQ(echo.stop(), 0);
    EXPECT_EQ(echo.log().find("START"), std::string::npos) << "the function was asked all the same";
}

// The largest that goes through, and one byte more.
TEST_F(wrong_event, that_is_too_large_is_refused_as_the_service_does) {
    local_function echo(example("echo"));
    const std::string largest = "\"" + std::string(bytes_max - 2, 'x') + "\"";
    EXPECT_EQ(echo.invoke(largest).body, largest);
    const http_answer answer = echo.invoke(largest + " ");
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.header("x-amzn-errortype"), "RequestTooLargeException");
    EXPECT_THAT(answer.body, HasSubstr("6291556 bytes"));
    EXPECT_EQ(echo.invoke("1").body, "1");
    EXPECT_EQ(echo.stop(), 0);
}

TEST_F(wrong_event, sent_to_the_wrong_place_is_told_the_right_one) {
    local_function echo(example("echo"));
    const release::descriptor caller = release::dial(echo.port());
    release::send_all(caller.get(), "POST /invoke HTTP/1.1\r\nHost: localhost\r\n"
                                    "Connection: close\r\nContent-Length: 2\r\n\r\n{}");
    const http_answer answer = release::parse_answer(
        release::read_until(caller.get(), release::clock::now() + release::patience,
                            [](std::string_view) { return false; }));
    EXPECT_EQ(answer.status, 404);
    EXPECT_THAT(answer.body, HasSubstr(std::string(release::invoke_path)));
    EXPECT_EQ(echo.stop(), 0);
}

} // namespace
