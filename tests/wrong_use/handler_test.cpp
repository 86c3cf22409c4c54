// SPDX-License-Identifier: Apache-2.0
// Whatever a handler does, its caller gets an answer, and the next caller a function that works.
#include "release/local_function.hpp"

namespace {

using release::http_answer;
using release::local_function;
using release::test_program;
using testing::HasSubstr;

class failing_handler : public release::leaves_no_process {
protected:
    // The answer to an event whose handler fails; it is a function error, as Lambda's are.
    static http_answer failure(const local_function& function, const std::string& how) {
        http_answer answer = function.invoke("{\"how\":\"" + how + "\"}");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled") << answer.body;
        EXPECT_EQ(answer.header("content-type"), "application/json");
        return answer;
    }
    // The id of the process that answers.
    static std::string process(const local_function& function) {
        const http_answer answer = function.invoke(R"({"how":"answer"})");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-amz-function-error"), "");
        EXPECT_THAT(answer.body, testing::StartsWith("{\"process\":"));
        return answer.body;
    }
    static std::string exit_document(const http_answer& answer, const std::string& how) {
        return R"({"errorMessage":"RequestId: )" + answer.header("x-amzn-requestid") +
               " Error: Runtime exited " + how + R"(","errorType":"Runtime.ExitError"})";
    }
};

TEST_F(failing_handler, that_throws_is_answered_with_type_and_text) {
    local_function function(test_program("misbehaving"));
    const std::string before = process(function);
    const http_answer answer = failure(function, "throw");
    EXPECT_THAT(answer.body, HasSubstr(R"("errorMessage":"only 3 left of \"tea\"")"));
    EXPECT_THAT(answer.body, HasSubstr("shop::out_of_stock"));
    EXPECT_EQ(process(function), before) << "a thrown exception must not cost the process";
    EXPECT_EQ(function.stop(), 0);
    EXPECT_THAT(function.log(), HasSubstr("the handler failed"));
}

TEST_F(failing_handler, that_throws_what_is_no_exception_is_answered_with_its_type) {
    local_function function(test_program("misbehaving"));
    const std::string before = process(function);
    EXPECT_THAT(failure(function, "throw_int").body, HasSubstr(R"("errorType":"int")"));
    const http_answer text = failure(function, "throw_text");
    EXPECT_THAT(text.body, HasSubstr(R"("errorMessage":"a plain text")"));
    EXPECT_EQ(process(function), before);
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(failing_handler, that_exits_is_reported_and_replaced) {
    local_function function(test_program("misbehaving"));
    std::string before = process(function);
    const http_answer with_3 = failure(function, "exit_3");
    EXPECT_EQ(with_3.body, exit_document(with_3, "with error: exit status 3"));
    std::string after = process(function);
    EXPECT_NE(after, before);

    before = after;
    const http_answer with_0 = failure(function, "exit_0");
    EXPECT_EQ(with_0.body, exit_document(with_0, "without providing a reason"));
    EXPECT_NE(process(function), before);
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(failing_handler, that_aborts_or_terminates_is_reported_and_replaced) {
    local_function function(test_program("misbehaving"));
    std::string before = process(function);
    for (const char* how : {"abort", "terminate"}) {
        const http_answer answer = failure(function, how);
        EXPECT_EQ(answer.body, exit_document(answer, "with error: exit status 134"));
        const std::string after = process(function);
        EXPECT_NE(after, before);
        before = after;
    }
    EXPECT_EQ(function.stop(), 0);
}

// Suspended for ever, and computing for ever.
TEST_F(failing_handler, that_never_ends_is_killed_at_its_deadline_and_replaced) {
    local_function function(test_program("misbehaving"), {}, {"AWS_LAMBDA_FUNCTION_TIMEOUT=1"});
    std::string before = process(function);
    for (const char* how : {"sleep", "spin"}) {
        const http_answer answer = failure(function, how);
        EXPECT_EQ(answer.body, R"({"errorMessage":"RequestId: )" +
                                   answer.header("x-amzn-requestid") +
                                   " Error: Task timed out after 1.00 seconds\",\"errorType\":"
                                   "\"Sandbox.Timedout\"}");
        const std::string after = process(function);
        EXPECT_NE(after, before);
        before = after;
        EXPECT_THAT(function.log_with(answer.header("x-amzn-requestid") +
                                      " Task timed out after 1.00 seconds"),
                    HasSubstr("Status: timeout"));
    }
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(failing_handler, that_never_ends_does_not_keep_the_emulator_from_ending) {
    local_function function(test_program("misbehaving"));
    const release::descriptor caller = release::dial(function.port());
    release::send_all(caller.get(), "POST " + std::string(release::invoke_path) +
                                        " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                        "14\r\n\r\n{\"how\":\"spin\"}");
    function.log_with("START RequestId: ");
    EXPECT_EQ(function.stop(), 0);
}

class failing_init : public release::leaves_no_process {};

TEST_F(failing_init, that_throws_is_every_callers_answer) {
    local_function function(test_program("failing_init"), {}, {"FAILING_INIT=throw"});
    for (int invocation = 0; invocation != 2; ++invocation) {
        const http_answer answer = function.invoke("{}");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled");
        EXPECT_THAT(answer.body, HasSubstr(R"("errorMessage":"no database at db.example:5432")"));
        EXPECT_THAT(answer.body, HasSubstr("database_missing"));
    }
    EXPECT_EQ(function.stop(), 0);
    EXPECT_THAT(function.log(), HasSubstr("spry: init error: "));
    EXPECT_THAT(function.log(), HasSubstr("no database at db.example:5432\n"));
}

TEST_F(failing_init, that_throws_what_is_no_exception_names_its_type) {
    local_function function(test_program("failing_init"), {}, {"FAILING_INIT=throw_int"});
    EXPECT_THAT(function.invoke("{}").body, HasSubstr(R"("errorType":"int")"));
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(failing_init, that_exits_is_every_callers_answer) {
    local_function function(test_program("failing_init"), {}, {"FAILING_INIT=exit"});
    for (int invocation = 0; invocation != 2; ++invocation) {
        const http_answer answer = function.invoke("{}");
        EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled");
        EXPECT_THAT(answer.body, HasSubstr("Runtime exited with error: exit status 3"));
        EXPECT_THAT(answer.body, HasSubstr(R"("errorType":"Runtime.ExitError")"));
    }
    EXPECT_EQ(function.stop(), 0);
}

// So that the others fail for their reason.
TEST_F(failing_init, that_does_not_fail_leads_to_an_answer) {
    local_function function(test_program("failing_init"));
    EXPECT_EQ(function.invoke("{}").body, "\"initialised\"");
    EXPECT_EQ(function.stop(), 0);
}

class printing_handler : public release::leaves_no_process {};

// Through stdio, unflushed, without a line end: it stands in its invocation's part of the log.
TEST_F(printing_handler, loses_nothing) {
    local_function function(test_program("printing"));
    for (const char* event : {"{}", "[1,2]"})
        EXPECT_EQ(function.invoke(event).body, "{}");
    EXPECT_EQ(function.stop(), 0);
    const std::string& log = function.log();
    const std::size_t first = log.find("printed for 2 bytes");
    const std::size_t second = log.find("printed for 5 bytes");
    const std::size_t first_end = log.find("END RequestId: ");
    ASSERT_NE(second, std::string::npos) << log;
    EXPECT_LT(first, first_end) << log;
    EXPECT_GT(second, first_end) << log;
    EXPECT_LT(second, log.rfind("END RequestId: ")) << log;
}

} // namespace
