// SPDX-License-Identifier: Apache-2.0
// The rows of the runtime contract that are the emulator's: 1.7 as a runtime sees them, 3.1, 7.1 as
// callers do, and 11.
#include "emulator_session.hpp"

#include <spry/core/base64.hpp>

#include <array>

namespace {

using spry_test::reply;
using spry_test::session;
using spry_test::task;

constexpr const char* path_of_greet = "/2015-03-31/functions/greet/invocations";

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

// One invocation.
reply run_one(session& s, const char* event) {
    static const char* what;
    what = event;
    s.run([](session* self) -> task<> { co_await self->invoke(what); });
    return s.replies.empty() ? reply{} : s.replies[0];
}

// 1.7

TEST(contract_1_7, a_body_that_ends_early_is_answered_with_truncated) {
    session s;
    EXPECT_EQ(run_one(s, R"({"do":"half_close"})").body,
              "400 {\"errorMessage\":\"HTTP request detected as truncated\","
              "\"errorType\":\"TruncatedHTTPRequest\"}\n");
}

TEST(contract_1_7, an_answer_to_a_managed_invocation_after_its_timeout_gets_410) {
    session s;
    s.options.function.arguments = {"fake", "workers", "1"};
    s.options.function.managed_concurrency = 1;
    s.options.function.timeout = std::chrono::milliseconds{100};
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"late","n":300})");
        co_await self->invoke(R"({"do":"last"})");
    });
    EXPECT_TRUE(has(s.replies[0].body, "Task timed out after 0.10 seconds")) << s.replies[0].body;
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[1].body,
              "410 {\"errorMessage\":\"Invoke timeout\",\"errorType\":\"InvokeTimeout\"}\n");
    EXPECT_EQ(s.log_count("Init Duration: "), 1) << "the process goes on";
}

// 1.6

TEST(contract_1_6, the_error_cause_is_kept_from_the_caller) {
    session s;
    EXPECT_EQ(run_one(s, R"({"do":"error_cause"})").body,
              R"({"errorMessage":"m","errorType":"Function.T"})");
}

TEST(contract_1_6, an_error_cause_that_is_not_json_is_named_invalid) {
    session s;
    EXPECT_EQ(run_one(s, R"({"do":"bad_cause"})").body, R"("Invalid error body")");
}

// 3.3

TEST(contract_3_3, an_error_document_beyond_1_mib_gets_413_and_may_be_posted_again) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"big_error","n":1048577})");
        co_await self->invoke(R"({"do":"big_error","n":6291557})");
        co_await self->invoke(R"({"do":"big_error","n":1048576})");
    });
    for (std::size_t i = 0; i != 2; ++i)
        EXPECT_EQ(s.replies[i].body,
                  "413 {\"errorMessage\":\"Exceeded maximum allowed payload size (1048576 "
                  "bytes).\",\"errorType\":\"RequestEntityTooLarge\"}\n");
    EXPECT_EQ(s.replies[2].body.size(), 1048576U);
    EXPECT_EQ(s.replies[2].header("X-Amz-Function-Error"), "Unhandled");
}

// 7.1

TEST(contract_7_1, a_qualifier_is_part_of_the_invoked_arn) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/2015-03-31/functions/greet/invocations?Qualifier=live",
                            R"({"do":"head"})");
        co_await self->send("POST", "/2015-03-31/functions/greet%3A7/invocations",
                            R"({"do":"head"})");
    });
    EXPECT_TRUE(has(s.replies[0].body, "Invoked-Function-Arn: arn:aws:lambda:us-east-1:"
                                       "012345678912:function:test_function:live\r\n"));
    EXPECT_TRUE(has(s.replies[1].body, ":function:test_function:7\r\n"));
}

TEST(contract_7_1, two_qualifiers_that_differ_are_400) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/2015-03-31/functions/greet:7/invocations?Qualifier=live");
        co_await self->send("POST", "/2015-03-31/functions/greet/invocations?Qualifier=a%20b");
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 400);
        EXPECT_EQ(each.header("x-amzn-ErrorType"), "InvalidParameterValueException");
    }
}

TEST(contract_7_1, an_unknown_function_is_404_and_lists_the_known_ones) {
    session s;
    s.options.table.assign(2, s.options.function);
    s.options.table[0].name = "greet";
    s.options.table[1].name = "sum";
    s.run([](session* self) -> task<> {
        co_await self->send("POST", path_of_greet,
                            R"({"do":"env","name":"AWS_LAMBDA_FUNCTION_NAME"})");
        co_await self->send("POST", "/2015-03-31/functions/1:function:sum/invocations",
                            R"({"do":"env","name":"AWS_LAMBDA_FUNCTION_NAME"})");
        co_await self->send("POST", "/2015-03-31/functions/other/invocations");
    });
    EXPECT_EQ(s.replies[0].body, "greet");
    EXPECT_EQ(s.replies[1].body, "sum");
    EXPECT_EQ(s.replies[2].status, 404);
    EXPECT_EQ(s.replies[2].header("x-amzn-ErrorType"), "ResourceNotFoundException");
    EXPECT_EQ(s.replies[2].body,
              R"({"Type":"User","Message":"Function not found: other; there are: greet, sum"})");
}

TEST(contract_7_1, a_callers_request_id_is_used_everywhere) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amzn-RequestId", "my-own_1.2"}};
        co_await self->invoke(R"({"do":"head"})", headers);
    });
    EXPECT_EQ(s.replies[0].header("x-amzn-RequestId"), "my-own_1.2");
    EXPECT_TRUE(has(s.replies[0].body, "Lambda-Runtime-Aws-Request-Id: my-own_1.2\r\n"));
    EXPECT_EQ(s.log_count("REPORT RequestId: my-own_1.2\t"), 1);
}

TEST(contract_7_1, a_request_id_is_taken_once) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amzn-RequestId", "once"}};
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"sleep","n":50})", headers));
        callers.spawn(self->invoke(R"({"do":"sleep","n":50})", headers));
        co_await callers.join();
        co_await self->invoke("{}", headers);
        const session::fields wrong{{"X-Amzn-RequestId", "a/b"}};
        co_await self->invoke("{}", wrong);
    });
    EXPECT_EQ(s.log_count("START"), 1);
    EXPECT_EQ(s.replies[0].status, 400); // while the first one runs
    EXPECT_EQ(s.replies[1].status, 200);
    for (const std::size_t i : {0U, 2U, 3U}) {
        EXPECT_EQ(s.replies[i].status, 400);
        EXPECT_EQ(s.replies[i].header("x-amzn-ErrorType"), "InvalidParameterValueException");
    }
}

TEST(contract_7_1, a_request_id_that_was_not_accepted_may_be_sent_again) {
    session s;
    s.options.dispatching.queued_invocations_max = 0;
    s.run([](session* self) -> task<> {
        const session::fields id{{"X-Amzn-RequestId", "again"}};
        const session::fields dry_run{{"X-Amzn-RequestId", "again"},
                                      {"X-Amz-Invocation-Type", "DryRun"}};
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"sleep","n":500})"));
        co_await self->log_has("START");
        co_await self->invoke("1", id);
        co_await self->send("POST", "/2021-11-15/functions/greet/response-streaming-invocations",
                            "1", id);
        co_await self->invoke("1", dry_run);
        co_await callers.join();
        co_await self->invoke("1", id);
        co_await self->invoke("1", id);
    });
    constexpr std::array<int, 6> statuses{429, 429, 204, 200, 200, 400};
    ASSERT_EQ(s.replies.size(), statuses.size());
    for (std::size_t i = 0; i != statuses.size(); ++i)
        EXPECT_EQ(s.replies[i].status, statuses[i]) << i;
    EXPECT_EQ(s.log_count("START RequestId: again "), 1);
}

TEST(contract_7_1, the_request_id_of_an_event_is_taken_once) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amzn-RequestId", "later"},
                                      {"X-Amz-Invocation-Type", "Event"}};
        co_await self->invoke("1", headers);
        co_await self->invoke("1", headers);
        co_await self->log_has("REPORT");
        co_await self->invoke("1", headers);
    });
    EXPECT_EQ(s.replies[0].status, 202);
    EXPECT_EQ(s.replies[1].status, 400);
    EXPECT_EQ(s.replies[2].status, 400);
    EXPECT_EQ(s.log_count("START"), 1);
}

TEST(contract_7_1, answers_of_every_kind_carry_the_request_id) {
    session s;
    s.run([](session* self) -> task<> {
        const std::array<session::fields, 3> kinds{
            session::fields{}, session::fields{{"X-Amz-Invocation-Type", "Event"}},
            session::fields{{"X-Amz-Invocation-Type", "DryRun"}}};
        for (const session::fields& each : kinds)
            co_await self->invoke("{}", each);
    });
    constexpr std::array<int, 3> statuses{200, 202, 204};
    for (std::size_t i = 0; i != 3; ++i) {
        EXPECT_EQ(s.replies[i].status, statuses[i]);
        EXPECT_EQ(s.replies[i].header("x-amzn-RequestId").size(), 36U);
        EXPECT_TRUE(s.replies[i].header("X-Amzn-Trace-Id").starts_with("Root=1-"));
        EXPECT_EQ(s.replies[i].header("X-Amz-Function-Error"), "");
    }
    EXPECT_EQ(s.replies[1].body, "");
    EXPECT_EQ(s.replies[2].body, "");
}

TEST(contract_7_1, a_function_error_has_the_headers_of_the_service) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Log-Type", "Tail"}};
        co_await self->invoke(R"({"do":"error"})", headers);
    });
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[0].header("X-Amz-Executed-Version"), "$LATEST");
    EXPECT_EQ(s.replies[0].header("Content-Type"), "application/json");
    const std::string log = spry::base64::decode(s.replies[0].header("X-Amz-Log-Result"),
                                                 spry::base64::padding::required)
                                .value_or("");
    EXPECT_TRUE(log.starts_with("START RequestId: ")) << log;
    EXPECT_TRUE(has(log, "\nREPORT RequestId: ")) << log;
}

TEST(contract_7_1, no_means_to_start_a_process_is_502) {
    spry::emulator::environment_end end;
    end.what = spry::emulator::environment_end::kind::not_started;
    end.error = std::make_error_code(std::errc::too_many_files_open);
    end.message = "too many files";
    EXPECT_EQ(end.outcome_for("id").what, spry::emulator::function_outcome::kind::unavailable);
    end.error = std::make_error_code(std::errc::permission_denied);
    const auto refused = end.outcome_for("id");
    EXPECT_EQ(refused.body, "{\"errorMessage\":\"RequestId: id Error: too many files\","
                            "\"errorType\":\"Runtime.InvalidEntrypoint\"}");
}

// 11

TEST(contract_11, a_runtime_that_dribbles_its_answer_is_understood) {
    session s;
    EXPECT_EQ(run_one(s, R"({"do":"dribble","text":"0123456789"})").body,
              R"({"do":"dribble","text":"0123456789"})");
}

} // namespace
