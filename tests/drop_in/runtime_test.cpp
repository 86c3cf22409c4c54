// SPDX-License-Identifier: Apache-2.0
// runtime-contract 8.2 (class runtime), 8.5 and 8.6: what goes over the wire, and what becomes of
// each answer.
#include <aws/lambda-runtime/runtime.h>

#include "support/captured_output.hpp"
#include "support/fake_runtime_api.hpp"
#include "support/forked.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace {

using namespace aws::lambda_runtime;
using namespace std::chrono_literals;
using aws::http::response_code;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::fake_runtime_api;
using spry::testing::recorded_request;
using spry::testing::script_step;
using spry::tests::captured_output;
using spry::tests::exit_code_of;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string next_line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";

std::string post_line(std::string_view path) {
    return "POST /2018-06-01/runtime/" + std::string{path} + " HTTP/1.1";
}

script_step says(std::string text) {
    return {std::move(text)};
}
script_step hangs_up() {
    return {"", true};
}

const std::string accepted = accepted_answer();

invocation_response ok(std::string payload = "{}") {
    return invocation_response::success(std::move(payload), "application/json");
}

// --- 8.2: one call at a time -------------------------------------------------------------------

TEST(contract_8_2, get_next_fills_each_member_from_its_header) {
    fake_runtime_api api{{says(answer(200,
                                      "Lambda-Runtime-Aws-Request-Id: id-1\r\n"
                                      "Lambda-Runtime-Trace-Id: Root=1-2;Sampled=1\r\n"
                                      "Lambda-Runtime-Client-Context: {\"client\":1}\r\n"
                                      "Lambda-Runtime-Cognito-Identity: {\"id\":2}\r\n"
                                      "Lambda-Runtime-Invoked-Function-Arn: arn:1\r\n"
                                      "Content-Type: text/csv\r\n"
                                      "Lambda-Runtime-Deadline-Ms: 4102444800123\r\n"
                                      "Lambda-Runtime-Aws-Tenant-Id: tenant-1\r\n",
                                      std::string_view{"a,\0b", 4}))}};
    {
        runtime client{"http://" + api.address()};
        const runtime::next_outcome next = client.get_next();
        ASSERT_TRUE(next.is_success());
        const invocation_request& event = next.get_result();
        EXPECT_EQ(event.payload, std::string("a,\0b", 4));
        EXPECT_EQ(event.request_id, "id-1");
        EXPECT_EQ(event.xray_trace_id, "Root=1-2;Sampled=1");
        EXPECT_EQ(event.client_context, "{\"client\":1}");
        EXPECT_EQ(event.cognito_identity, "{\"id\":2}");
        EXPECT_EQ(event.function_arn, "arn:1");
        EXPECT_EQ(event.content_type, "text/csv");
        EXPECT_EQ(event.deadline.time_since_epoch(), 4102444800123ms);
        EXPECT_EQ(event.tenant_id, "tenant-1");
    }
    EXPECT_EQ(api.finish().at(0).start_line, next_line);
}

TEST(contract_8_2, an_endpoint_is_taken_with_and_without_its_scheme) {
    for (const char* scheme : {"http://", ""}) {
        fake_runtime_api api{{says(event_answer("id", "{}"))}};
        {
            runtime client{scheme + api.address(), "agent/1"};
            EXPECT_TRUE(client.get_next().is_success());
        }
        EXPECT_EQ(api.finish().at(0).header("User-Agent"), "agent/1");
        EXPECT_EQ(api.finish().at(0).header("Host"), api.address());
    }
}

TEST(contract_8_2, a_base_path_stands_before_every_path) {
    fake_runtime_api api{{says(event_answer("id", "{}")), says(accepted)}};
    {
        runtime client{"http://" + api.address() + "/.rt/name/"};
        EXPECT_TRUE(client.get_next().is_success());
        EXPECT_TRUE(client.post_success("id", ok()).is_success());
    }
    EXPECT_THAT(api.finish().at(0).start_line, StartsWith("GET /.rt/name/2018-06-01/runtime/"));
    EXPECT_THAT(api.finish().at(1).start_line, StartsWith("POST /.rt/name/2018-06-01/runtime/"));
}

TEST(contract_8_2, a_failed_next_gives_the_status_or_request_not_made) {
    fake_runtime_api api{{says(answer(500, "", "{}")), says(answer(403, "", "{}")),
                          says(answer(302, "Location: /else\r\n", "")), hangs_up()}};
    runtime client{api.address()};
    EXPECT_EQ(client.get_next().get_failure(), response_code::INTERNAL_SERVER_ERROR);
    EXPECT_EQ(client.get_next().get_failure(), response_code::FORBIDDEN);
    EXPECT_EQ(client.get_next().get_failure(), response_code::FOUND); // not followed
    EXPECT_EQ(runtime{"127.0.0.1:1"}.get_next().get_failure(), response_code::REQUEST_NOT_MADE);
}

TEST(contract_8_2, post_success_and_post_failure_post_to_their_paths) {
    fake_runtime_api api{{says(accepted), says(accepted)}};
    {
        runtime client{api.address()};
        EXPECT_TRUE(client.post_success("id-1", invocation_response::success("tea", "text/plain"))
                        .is_success());
        EXPECT_TRUE(
            client.post_failure("id-2", invocation_response::failure("m", "T")).is_success());
    }
    const auto& requests = api.finish();
    EXPECT_EQ(requests.at(0).start_line, post_line("invocation/id-1/response"));
    EXPECT_EQ(requests.at(0).header("Content-Type"), "text/plain");
    EXPECT_EQ(requests.at(0).body, "tea");
    EXPECT_EQ(requests.at(1).start_line, post_line("invocation/id-2/error"));
    EXPECT_EQ(requests.at(1).header("Content-Type"), "application/json");
    EXPECT_EQ(requests.at(1).body, R"({"errorMessage":"m","errorType":"T","stackTrace":[]})");
    EXPECT_EQ(requests.at(1).connection, 1); // kept
}

TEST(contract_8_2, a_failed_post_gives_the_status_or_request_not_made) {
    fake_runtime_api api{{says(answer(413, "", "{}")), says(answer(500, "", "{}")), hangs_up()}};
    {
        runtime client{api.address()};
        EXPECT_EQ(client.post_success("id", ok()).get_failure(),
                  response_code::REQUEST_ENTITY_TOO_LARGE);
        EXPECT_EQ(client.post_failure("id", ok()).get_failure(),
                  response_code::INTERNAL_SERVER_ERROR);
        EXPECT_EQ(client.post_success("id", ok()).get_failure(), response_code::REQUEST_NOT_MADE);
    }
    EXPECT_EQ(api.finish().size(), 3U); // and not sent twice
}

TEST(contract_8_2, post_init_error_posts_with_the_x_ray_cause) {
    fake_runtime_api api{{says(accepted)}};
    {
        runtime client{api.address()};
        EXPECT_TRUE(client
                        .post_init_error(runtime_response{"{\"errorMessage\":\"m\"}",
                                                          "application/json", "{\"cause\":1}"})
                        .is_success());
    }
    const recorded_request& posted = api.finish().at(0);
    EXPECT_EQ(posted.start_line, post_line("init/error"));
    EXPECT_EQ(posted.body, "{\"errorMessage\":\"m\"}");
    EXPECT_EQ(posted.header("Lambda-Runtime-Function-XRay-Error-Cause"), "{\"cause\":1}");
}

TEST(contract_8_2, an_x_ray_cause_that_cannot_be_sent_is_left_out) {
    fake_runtime_api api{{says(accepted), says(accepted), says(accepted)}};
    {
        runtime client{api.address()};
        for (const std::string& cause :
             {std::string{"{}\r\nX: y"}, std::string(1'048'576, 'x'), std::string{}})
            EXPECT_TRUE(client.post_failure("id", invocation_response::failure("m", "T", cause))
                            .is_success());
    }
    for (const recorded_request& posted : api.finish())
        EXPECT_THAT(posted.head, Not(HasSubstr("XRay")));
}

// --- 8.5: run_handler --------------------------------------------------------------------------

// Runs it behind the script, in this process; what it logs is kept.
class handled {
public:
    explicit handled(std::vector<script_step> script) : api_(std::move(script)) {
        ::setenv("AWS_LAMBDA_RUNTIME_API", api_.address().c_str(), 1);
    }
    ~handled() { ::unsetenv("AWS_LAMBDA_RUNTIME_API"); }

    const std::vector<recorded_request>&
    by(const std::function<invocation_response(const invocation_request&)>& handler) {
        captured_output output;
        run_handler(handler);
        log = output.finish();
        return api_.finish();
    }

    std::string log;

private:
    fake_runtime_api api_;
};

std::vector<std::string> start_lines(const std::vector<recorded_request>& requests) {
    std::vector<std::string> lines;
    for (const recorded_request& request : requests)
        lines.push_back(request.start_line);
    return lines;
}

invocation_response echo(const invocation_request& event) {
    return ok(event.payload);
}

TEST(contract_8_5_1, the_endpoint_is_that_of_the_variable) {
    handled run{{says(event_answer("id", "1")), says(accepted)}};
    EXPECT_EQ(run.by(echo).at(1).body, "1");
}

TEST(contract_8_5_1, without_the_variable_and_the_emulator_it_says_so_and_returns) {
    ::unsetenv("AWS_LAMBDA_RUNTIME_API");
    testing::internal::CaptureStderr();
    run_handler(echo);
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("AWS_LAMBDA_RUNTIME_API"));
}

TEST(contract_8_5_2, three_failed_calls_in_a_row_end_it) {
    handled run{{hangs_up(), says(answer(500, "", "{}")), says(answer(200, "", "no id"))}};
    EXPECT_THAT(start_lines(run.by(echo)), testing::ElementsAre(next_line, next_line, next_line));
}

TEST(contract_8_5_2, a_success_resets_the_count) {
    handled run{{says(answer(500, "", "{}")), says(answer(500, "", "{}")),
                 says(event_answer("id", "1")), says(accepted), says(answer(500, "", "{}")),
                 says(answer(500, "", "{}")), says(event_answer("id", "2")), says(accepted)}};
    const auto& requests = run.by(echo);
    ASSERT_EQ(requests.size(), 8U + 3U); // behind the script are three 403
    EXPECT_EQ(requests.at(7).body, "2");
}

TEST(contract_8_5_3, the_answer_goes_where_is_success_says_and_the_handler_runs_on_this_thread) {
    const pthread_t here = ::pthread_self();
    bool same_thread = false;
    handled run{{says(event_answer("id-1", "1")), says(accepted), says(event_answer("id-2", "2")),
                 says(accepted)}};
    const auto& requests = run.by([&](const invocation_request& event) {
        same_thread = ::pthread_equal(here, ::pthread_self()) != 0;
        return event.payload == "1" ? ok() : invocation_response::failure("m", "T");
    });
    EXPECT_TRUE(same_thread);
    EXPECT_EQ(requests.at(1).start_line, post_line("invocation/id-1/response"));
    EXPECT_EQ(requests.at(3).start_line, post_line("invocation/id-2/error"));
}

TEST(contract_8_5_4, an_answer_that_cannot_be_posted_ends_it) {
    handled broken{{says(event_answer("id", "1")), hangs_up()}};
    EXPECT_EQ(broken.by(echo).size(), 2U);
    handled refused{{says(event_answer("id", "1")), says(answer(500, "", "{}"))}};
    EXPECT_EQ(refused.by(echo).size(), 2U);
}

TEST(contract_8_5_5, an_exception_of_the_handler_is_not_caught) {
    handled run{{says(event_answer("id", "1"))}};
    EXPECT_THROW(run.by([](const invocation_request&) -> invocation_response {
        throw std::runtime_error{"from the handler"};
    }),
                 std::runtime_error);
}

TEST(contract_8_5_5, a_crash_leaves_a_stack_trace_and_a_record_and_ends_the_process) {
    int ends[2] = {};
    ASSERT_EQ(::pipe(ends), 0);
    EXPECT_EQ(exit_code_of([&] {
                  ::dup2(ends[1], STDERR_FILENO);
                  handled run{{says(event_answer("id", "1"))}};
                  run.by([](const invocation_request&) -> invocation_response { std::abort(); });
                  return 0;
              }),
              128 + SIGABRT);
    ::close(ends[1]);
    std::string text(4096, '\0');
    text.resize(static_cast<std::size_t>(::read(ends[0], text.data(), text.size())));
    ::close(ends[0]);
    EXPECT_TRUE(text.starts_with("Stack trace (most recent call last):\n  0x")) << text;
    // The record has the same stack, innermost first.
    const std::size_t record =
        text.find("\nspry: crashed: SIGABRT, aborted; request id; build id ");
    ASSERT_NE(record, std::string::npos) << text;
    const std::string last = text.substr(text.rfind("  0x", record) + 2);
    EXPECT_THAT(text, HasSubstr("; stack " + last.substr(0, last.find('\n')) + " 0x"));
}

TEST(contract_8_5_5, a_signal_that_the_user_handles_stays_the_users) {
    EXPECT_EQ(exit_code_of([] {
                  std::signal(SIGABRT, [](int) { ::_exit(9); });
                  handled run{{says(event_answer("id", "1"))}};
                  run.by([](const invocation_request&) -> invocation_response { std::abort(); });
                  return 0;
              }),
              9);
}

TEST(contract_8_5_6, it_sets_neither_error_headers_nor_the_trace_variable) {
    ::unsetenv("_X_AMZN_TRACE_ID");
    handled run{{says(event_answer("id", "1")), says(accepted)}};
    const auto& requests = run.by([](const invocation_request&) {
        EXPECT_EQ(std::getenv("_X_AMZN_TRACE_ID"), nullptr);
        return invocation_response::failure("m", "T");
    });
    for (const recorded_request& request : requests) {
        EXPECT_THAT(request.head, Not(HasSubstr("Lambda-Runtime-Function")));
        EXPECT_THAT(request.start_line, Not(HasSubstr("init/error")));
    }
}

TEST(contract_8_5_7, a_post_has_a_content_type_a_length_and_a_user_agent_and_nothing_to_wait_for) {
    handled run{{says(event_answer("id", "1")), says(accepted)}};
    const auto& requests =
        run.by([](const invocation_request&) { return invocation_response::success("four", ""); });
    const recorded_request& posted = requests.at(1);
    EXPECT_EQ(posted.header("Content-Type"), "text/html");
    EXPECT_EQ(posted.header("Content-Length"), "4");
    EXPECT_THAT(posted.header("User-Agent"), StartsWith("spry/"));
    EXPECT_THAT(posted.head, Not(HasSubstr("Expect")));
    EXPECT_THAT(posted.head, Not(HasSubstr("Transfer-Encoding")));
    EXPECT_EQ(posted.connection, 1);
}

TEST(contract_8_5_7, a_content_type_that_would_add_header_lines_is_not_sent) {
    handled run{{says(event_answer("id", "1")), says(accepted)}};
    const auto& requests = run.by([](const invocation_request&) {
        return invocation_response::success("x", "text/plain\r\nX-Forged: yes");
    });
    EXPECT_THAT(requests.at(1).head, Not(HasSubstr("X-Forged")));
    EXPECT_EQ(requests.at(1).header("Content-Type"), "application/octet-stream");
}

TEST(contract_8_5, sigterm_ends_it_between_two_invocations) {
    EXPECT_EQ(exit_code_of([] {
                  script_step last = says(accepted);
                  last.signal = SIGTERM;
                  handled run{{says(event_answer("id", "1")), last}};
                  return run.by(echo).size() == 2 ? 7 : 1;
              }),
              7);
    EXPECT_EQ(exit_code_of([] {
                  script_step silence{""};
                  silence.signal = SIGTERM; // while the process idles in its receive
                  handled run{{says(event_answer("id", "1")), says(accepted), silence}};
                  return run.by(echo).size() == 3 ? 7 : 1;
              }),
              7);
}

TEST(contract_8_5, what_the_handler_has_printed_is_flushed_before_the_next_call) {
    handled run{{says(event_answer("id", "1")), says(accepted)}};
    run.by([](const invocation_request&) {
        std::fputs("printed without a line break", stdout);
        return ok();
    });
    EXPECT_THAT(run.log, HasSubstr("printed without a line break"));
}

// --- 8.6: what is not to be kept ---------------------------------------------------------------

TEST(contract_8_6, a_missing_content_type_is_no_crash) {
    fake_runtime_api api{{says(answer(200, "Lambda-Runtime-Aws-Request-Id: id\r\n", "{}"))}};
    runtime client{api.address()};
    const runtime::next_outcome next = client.get_next();
    ASSERT_TRUE(next.is_success());
    EXPECT_EQ(next.get_result().content_type, "application/json");
}

TEST(contract_8_6, a_204_is_no_event_and_does_not_end_the_loop) {
    const std::string nothing =
        "HTTP/1.1 204 No Content\r\nLambda-Runtime-Aws-Request-Id: id\r\n\r\n";
    fake_runtime_api api{{says(nothing)}};
    EXPECT_EQ(runtime{api.address()}.get_next().get_failure(), response_code::NO_CONTENT);

    handled run{{says(nothing), says(nothing), says(nothing), says(nothing),
                 says(answer(408, "", "")), says(event_answer("id", "1")), says(accepted)}};
    EXPECT_EQ(run.by(echo).at(6).body, "1");
}

TEST(contract_8_6, a_deadline_that_is_none_is_far_away) {
    for (const char* header :
         {"Lambda-Runtime-Deadline-Ms: 0\r\n", "Lambda-Runtime-Deadline-Ms: soon\r\n",
          "Lambda-Runtime-Deadline-Ms: -1\r\n", ""}) {
        fake_runtime_api api{{says(
            answer(200, "Lambda-Runtime-Aws-Request-Id: id\r\n" + std::string{header}, "{}"))}};
        runtime client{api.address()};
        const runtime::next_outcome next = client.get_next();
        ASSERT_TRUE(next.is_success());
        EXPECT_GT(next.get_result().get_time_remaining(), 24h) << header;
    }
}

TEST(contract_8_6, no_payload_is_logged) {
    handled run{{says(event_answer("id", "secret event")), says(answer(413, "", "{}"))}};
    run.by([](const invocation_request&) { return ok("secret answer"); });
    EXPECT_THAT(run.log, Not(HasSubstr("secret")));
    EXPECT_THAT(run.log, HasSubstr("413"));
}

TEST(contract_8_6, an_endpoint_that_is_none_fails_each_call_and_nothing_else) {
    for (const char* endpoint : {"", "https://127.0.0.1:1", "127.0.0.1:port", "http://"}) {
        runtime client{endpoint};
        EXPECT_EQ(client.get_next().get_failure(), response_code::REQUEST_NOT_MADE) << endpoint;
        EXPECT_EQ(client.post_success("id", ok()).get_failure(), response_code::REQUEST_NOT_MADE);
        EXPECT_EQ(client.post_init_error(ok()).get_failure(), response_code::REQUEST_NOT_MADE);
    }
}

TEST(contract_8_6, a_runtime_that_cannot_be_made_fails_each_call) {
    ::setenv("SPRY_IO", "steam", 1);
    fake_runtime_api api{{says(event_answer("id", "{}"))}};
    runtime client{api.address()};
    EXPECT_EQ(client.get_next().get_failure(), response_code::REQUEST_NOT_MADE);
    ::unsetenv("SPRY_IO");
    EXPECT_TRUE(client.get_next().is_success());
}

TEST(contract_8_6, a_refused_answer_ends_its_invocation_only) {
    for (const int status : {400, 410, 413}) {
        handled run{{says(event_answer("id-1", "1")), says(answer(status, "", "{}")),
                     says(event_answer("id-2", "2")), says(accepted)}};
        const auto& requests = run.by(echo);
        EXPECT_EQ(requests.at(3).start_line, post_line("invocation/id-2/response")) << status;
    }
}

TEST(contract_8_6, header_names_have_any_case_and_the_first_of_several_counts) {
    fake_runtime_api api{{says(answer(200,
                                      "LAMBDA-RUNTIME-AWS-REQUEST-ID:   id-1  \r\n"
                                      "lambda-runtime-aws-request-id: id-2\r\n",
                                      "{}"))}};
    runtime client{api.address()};
    const runtime::next_outcome next = client.get_next();
    ASSERT_TRUE(next.is_success());
    EXPECT_EQ(next.get_result().request_id, "id-1");
}

TEST(contract_8_6, a_request_id_leads_nowhere_else) {
    fake_runtime_api api{{says(accepted)}};
    {
        runtime client{api.address()};
        EXPECT_TRUE(client.post_success("../../init/error?a=b c", ok()).is_success());
    }
    EXPECT_EQ(api.finish().at(0).start_line,
              post_line("invocation/..%2F..%2Finit%2Ferror%3Fa=b%20c/response"));
}

// --- the client under it -----------------------------------------------------------------------

TEST(contract_1_5, an_empty_body_is_sent_with_its_length_and_any_2xx_is_a_success) {
    fake_runtime_api api{{says(answer(200, "", "")), says(answer(204, "", ""))}};
    {
        runtime client{api.address()};
        EXPECT_TRUE(client.post_success("id", ok("")).is_success());
    }
    EXPECT_EQ(api.finish().at(0).header("Content-Length"), "0");
}

TEST(contract_1_8, a_connection_that_died_unseen_is_dialled_again) {
    handled run{{says(event_answer("id-1", "1")),
                 {accepted, true},
                 says(event_answer("id-2", "2")),
                 {accepted, true}}};
    const auto& requests = run.by(echo);
    EXPECT_EQ(requests.at(3).body, "2");
    EXPECT_EQ(requests.at(2).connection, 2);
}

TEST(contract_1_3, an_event_may_come_byte_by_byte) {
    script_step slow = says(event_answer("id", std::string(300, 'e')));
    slow.byte_by_byte = true;
    handled run{{slow, says(accepted)}};
    EXPECT_EQ(run.by(echo).at(1).body, std::string(300, 'e'));
}

TEST(contract_1_3, an_event_of_6_MiB_comes_and_goes_back) {
    const std::string large(6'291'556, 'l');
    handled run{{says(event_answer("id", large)), says(accepted)}};
    EXPECT_EQ(run.by(echo).at(1).body, large);
}

} // namespace
