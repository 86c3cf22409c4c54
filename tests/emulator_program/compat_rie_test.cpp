// SPDX-License-Identifier: Apache-2.0
// --compat rie: the rows of runtime contract 7.3 and 7.4, and beside them what is answered without
// it.
#include "started.hpp"

namespace {

using release::http_answer;
using started::emulator;
using started::strings;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr std::size_t payload_max = 6'291'556;

class compat_rie : public started::emulator_program {
protected:
    static strings compat() { return {"--compat", "rie"}; }

    static http_answer send(const emulator& local, const std::string& method,
                            const std::string& target, const std::string& headers = {}) {
        return release::ask(local.port(), method, target, headers);
    }
    // No header of the service's own.
    static void expect_bare(const http_answer& answer) {
        for (const char* const name : {"x-amz-function-error", "x-amz-executed-version",
                                       "x-amzn-requestid", "x-amz-log-result"})
            EXPECT_EQ(answer.header(name), "") << name;
    }
};

using contract_7_3 = compat_rie;

TEST_F(contract_7_3, one_path_with_any_method_and_query_and_404_for_all_else) {
    emulator local(compat());
    const std::string path(release::invoke_path);
    for (const char* const method : {"POST", "GET", "PUT"}) {
        const http_answer answer = send(local, method, path + "?Qualifier=x");
        EXPECT_EQ(answer.status, 200) << method;
        EXPECT_EQ(answer.body, "") << method; // the fake function echoes an empty event
    }
    for (const char* const other : {"/2015-03-31/functions/greet/invocations", "/", "/nothing"}) {
        const http_answer answer = send(local, "POST", other);
        EXPECT_EQ(answer.status, 404) << other;
        EXPECT_EQ(answer.body, "404 page not found\n");
    }
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(contract_7_3, a_client_context_is_decoded_and_500_where_it_cannot_be) {
    emulator local(compat());
    EXPECT_THAT(local.invoke(R"({"do":"head"})", "X-Amz-Client-Context: eyJhIjoxfQ==\r\n").body,
                HasSubstr("Lambda-Runtime-Client-Context: {\"a\":1}\r\n"));
    // {"a":"\x01\x7f\t"}: a header can carry the tab only
    EXPECT_THAT(local.invoke(R"({"do":"head"})", "X-Amz-Client-Context: eyJhIjoiAX8JIn0=\r\n").body,
                HasSubstr("Lambda-Runtime-Client-Context: {\"a\":\"  \t\"}\r\n"));
    const http_answer refused = local.invoke("{}", "X-Amz-Client-Context: %%%\r\n");
    EXPECT_EQ(refused.status, 500);
    EXPECT_EQ(refused.body, "");
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(contract_7_3, the_event_is_not_looked_at_and_always_called_json) {
    emulator local(compat());
    const http_answer answer = local.invoke("no json", "Content-Type: text/plain\r\n");
    EXPECT_EQ(answer.body, "no json");
    EXPECT_THAT(local.invoke(R"({"do":"head"})", "Content-Type: text/plain\r\n").body,
                HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(contract_7_3, the_arn_is_ries) {
    emulator local(compat(), {"AWS_LAMBDA_FUNCTION_NAME=greet"});
    EXPECT_THAT(local.invoke(R"({"do":"head"})").body,
                HasSubstr("arn:aws:lambda:us-east-1:012345678912:function:greet\r\n"));
}

TEST_F(contract_7_3, a_success_is_200_with_a_guessed_type_and_no_other_header) {
    emulator local(compat());
    const http_answer text = local.invoke(R"({"a":1})");
    EXPECT_EQ(text.status, 200);
    EXPECT_EQ(text.body, R"({"a":1})");
    EXPECT_EQ(text.header("content-type"), "text/plain; charset=utf-8");
    expect_bare(text);
    EXPECT_EQ(local.invoke(std::string("\0\1\2", 3)).header("content-type"),
              "application/octet-stream");
    EXPECT_EQ(local.stop(), 0);
}

using contract_7_4 = compat_rie;

TEST_F(contract_7_4, a_response_then_next_is_200_once_the_next_has_come) {
    emulator local(compat());
    const http_answer answer = local.invoke(R"({"do":"print","n":1})"); // prints behind its answer
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "\"printed\"");
    local.log_with("printed late"); // is there without another invocation
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(contract_7_4, an_error_then_next_is_200_with_the_error) {
    emulator local(compat());
    const http_answer answer = local.invoke(R"({"do":"error"})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"errorMessage":"no","errorType":"Function.No"})");
    expect_bare(answer);
    emulator ours;
    EXPECT_EQ(ours.invoke(R"({"do":"error"})").header("x-amz-function-error"), "Unhandled");
}

TEST_F(contract_7_4, a_function_timeout_is_200_with_a_text) {
    const strings second{"AWS_LAMBDA_FUNCTION_TIMEOUT=1"};
    emulator local(compat(), second);
    const http_answer answer = local.invoke(R"({"do":"hang"})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "Task timed out after 1.00 seconds");
    EXPECT_EQ(local.invoke("1").body, "1"); // of a new process
    emulator ours({}, second);
    const http_answer marked = ours.invoke(R"({"do":"hang"})");
    EXPECT_EQ(marked.header("x-amz-function-error"), "Unhandled");
    EXPECT_THAT(marked.body, HasSubstr(R"("errorType":"Sandbox.Timedout")"));
}

TEST_F(contract_7_4, an_exit_after_next_is_502_with_its_document) {
    emulator local(compat());
    const http_answer code = local.invoke(R"({"do":"exit","n":3})");
    EXPECT_EQ(code.status, 502);
    EXPECT_THAT(code.body,
                MatchesRegex(R"(\{"errorType":"Runtime.ExitError","errorMessage":"RequestId: )"
                             R"([0-9a-f-]+ Error: Runtime exited with error: exit status 3"\})"));
    EXPECT_THAT(local.invoke(R"({"do":"signal","n":9})").body, HasSubstr("signal: killed"));
    EXPECT_THAT(local.invoke(R"({"do":"exit","n":0})").body,
                HasSubstr("Runtime exited without providing a reason"));
    EXPECT_EQ(local.invoke("1").status, 200);
    emulator ours;
    const http_answer marked = ours.invoke(R"({"do":"exit","n":3})");
    EXPECT_EQ(marked.status, 200);
    EXPECT_EQ(marked.header("x-amz-function-error"), "Unhandled");
}

TEST_F(contract_7_4, an_exit_between_response_and_next_is_502_with_the_response) {
    emulator local(compat());
    const http_answer answer = local.invoke(R"({"do":"respond_and_exit","n":5})");
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.body, "\"answered\"");
    emulator ours;
    EXPECT_EQ(ours.invoke(R"({"do":"respond_and_exit","n":5})").status, 200);
    ours.log_with("exit status 5");
}

TEST_F(contract_7_4, an_exit_in_init_is_502_without_a_body) {
    emulator local(compat(), {}, {"init_exit"});
    const http_answer answer = local.invoke("{}");
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.body, "");
    emulator ours({}, {}, {"init_exit"});
    EXPECT_THAT(ours.invoke("{}").body, HasSubstr(R"("errorType":"Runtime.ExitError")"));
}

TEST_F(contract_7_4, a_reported_init_error_is_502_with_its_document) {
    emulator local(compat(), {}, {"init_error"});
    const http_answer answer = local.invoke("{}");
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(answer.body, R"({"errorMessage":"not today","errorType":"Function.Init"})");
    emulator ours({}, {}, {"init_error"});
    EXPECT_EQ(ours.invoke("{}").status, 200);
}

TEST_F(contract_7_4, a_response_beyond_the_limit_is_200_with_its_document) {
    emulator local(compat());
    EXPECT_EQ(local.invoke(R"({"do":"big","n":6291556})").body.size(), payload_max);
    const http_answer answer = local.invoke(R"({"do":"big","n":6291557})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body,
              R"({"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload )"
              R"(size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes)."})");
    EXPECT_THAT(local.invoke(R"({"do":"last"})").body, StartsWith("413 ")); // the runtime's side
}

TEST_F(contract_7_4, a_request_beyond_the_limit_is_cut) {
    emulator local(compat());
    const http_answer answer = local.invoke("\"" + std::string(payload_max, 'x'));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.size(), payload_max);
    emulator ours;
    EXPECT_EQ(ours.invoke("\"" + std::string(payload_max - 2, 'x') + "\"").status, 200);
    EXPECT_EQ(ours.invoke("\"" + std::string(payload_max - 1, 'x') + "\"").status, 413);
}

TEST_F(contract_7_4, a_post_that_breaks_off_is_no_answer_and_no_crash) {
    for (const strings& flags : {compat(), strings{}}) {
        emulator local(flags);
        EXPECT_EQ(local.invoke(R"({"do":"break_off"})").body, "\"whole\"");
        EXPECT_EQ(local.stop(), 0);
    }
}

TEST_F(contract_7_4, overlapping_invocations_wait_for_each_other) {
    emulator local(compat());
    std::array<std::thread, 8> callers;
    std::array<http_answer, 8> answers;
    for (std::size_t i = 0; i != callers.size(); ++i) {
        callers[i] = std::thread([&, i] {
            answers[i] =
                local.invoke(R"({"do":"sleep","n":20,"caller":)" + std::to_string(i) + "}");
        });
    }
    for (std::thread& each : callers)
        each.join();
    for (std::size_t i = 0; i != answers.size(); ++i) {
        EXPECT_EQ(answers[i].status, 200);
        EXPECT_THAT(answers[i].body, HasSubstr("\"caller\":" + std::to_string(i) + "}"));
    }
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(contract_7_4, a_full_queue_is_400) {
    emulator local({"--compat", "rie", "--max-queue", "0"});
    const release::descriptor first = release::dial(local.port());
    const std::string event = R"({"do":"sleep","n":500})";
    release::send_all(first.get(), "POST " + std::string(release::invoke_path) +
                                       " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                                       std::to_string(event.size()) + "\r\n\r\n" + event);
    local.log_with("START");
    const http_answer second = local.invoke("1");
    EXPECT_EQ(second.status, 400);
    EXPECT_EQ(second.body, "");
}

} // namespace
