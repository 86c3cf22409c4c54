// SPDX-License-Identifier: Apache-2.0
// The emulator as its callers see it: real sockets, a real process behind them.
#include "emulator_session.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using spry_test::reply;
using spry_test::session;
using spry_test::task;

// The replies of one invocation after the other.
template <std::size_t Count>
void run_events(session& all, const char* const (&events)[Count]) {
    static const char* const* next;
    static std::size_t left;
    next = events;
    left = Count;
    all.run([](session* s) -> task<> {
        for (; left > 0; --left)
            co_await s->invoke(*next++);
    });
    ASSERT_EQ(all.replies.size(), Count);
}

bool is_gone(int pid) {
    // A process whose new parent has not reaped it yet is gone as well.
    for (int tries = 0; tries != 500; ++tries) {
        std::string path = "/proc/" + std::to_string(pid) + "/stat";
        std::FILE* file = std::fopen(path.c_str(), "r");
        if (file == nullptr)
            return true;
        char state = 'Z';
        const int read = std::fscanf(file, "%*d %*s %c", &state);
        std::fclose(file);
        if (read != 1 || state == 'Z' || state == 'X')
            return true;
        ::usleep(10'000);
    }
    return false;
}

TEST(emulator, answers_with_the_functions_bytes) {
    session s;
    run_events(s, {R"({"a": [1, 2]})"});
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].body, R"({"a": [1, 2]})");
    EXPECT_EQ(s.replies[0].header("Content-Type"), "application/json");
    EXPECT_EQ(s.replies[0].header("X-Amz-Executed-Version"), "$LATEST");
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "");
    EXPECT_EQ(s.replies[0].header("x-amzn-RequestId").size(), 36U);
}

TEST(contract_7_1, an_empty_body_is_an_empty_object) {
    session s;
    run_events(s, {""});
    EXPECT_EQ(s.replies[0].body, "{}");
}

TEST(emulator, logs_start_end_and_report_with_one_id) {
    session s;
    run_events(s, {"1", "2"});
    const std::string id = s.replies[0].header("x-amzn-RequestId");
    const std::string log = s.log();
    const std::size_t start = log.find("START RequestId: " + id + " Version: $LATEST\n");
    const std::size_t end = log.find("END RequestId: " + id + "\n", start);
    const std::size_t report = log.find("REPORT RequestId: " + id + "\tInit Duration: ", end);
    EXPECT_NE(report, log.npos) << log;
    EXPECT_EQ(s.log_count("START RequestId: "), 2) << log;
    EXPECT_EQ(s.log_count("REPORT RequestId: "), 2) << log;
    EXPECT_EQ(s.log_count("Init Duration: "), 1) << log;
    EXPECT_EQ(s.log_count("\tMemory Size: 3008 MB\tMax Memory Used: "), 2) << log;
}

TEST(emulator, keeps_one_process_for_many_invocations) {
    session s;
    run_events(s, {R"({"do":"pid"})", R"({"do":"pid"})", R"({"do":"pid"})"});
    EXPECT_EQ(s.replies[0].body, s.replies[1].body);
    EXPECT_EQ(s.replies[0].body, s.replies[2].body);
}

TEST(contract_7_1, client_context_trace_id_and_tenant_reach_the_runtime) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Client-Context", "eyJhIjoKMX0="}, // {"a":\n1}
                                      {"X-Amzn-Trace-Id", "Root=1-2-3"},
                                      {"X-Amz-Tenant-Id", "blue"}};
        co_await self->invoke(R"({"do":"head"})", headers);
        co_await self->invoke(R"({"do":"head"})");
    });
    const std::string& head = s.replies[0].body;
    EXPECT_NE(
        head.find("Lambda-Runtime-Aws-Request-Id: " + s.replies[0].header("x-amzn-RequestId")),
        head.npos);
    EXPECT_NE(head.find("Content-Type: application/json\r\n"), head.npos) << head;
    EXPECT_NE(head.find("Lambda-Runtime-Client-Context: {\"a\": 1}\r\n"), head.npos) << head;
    EXPECT_NE(head.find("Lambda-Runtime-Trace-Id: Root=1-2-3\r\n"), head.npos) << head;
    EXPECT_NE(head.find("Lambda-Runtime-Aws-Tenant-Id: blue\r\n"), head.npos) << head;
    EXPECT_NE(head.find("Lambda-Runtime-Invoked-Function-Arn: "
                        "arn:aws:lambda:us-east-1:012345678912:function:test_function\r\n"),
              head.npos)
        << head;
    const std::string& second = s.replies[1].body;
    EXPECT_NE(second.find("Lambda-Runtime-Trace-Id: Root=1-"), second.npos);
    EXPECT_EQ(second.find("Client-Context"), second.npos);
    EXPECT_EQ(second.find("Tenant"), second.npos);
}

// JSON allows it in a string, a header does not.
TEST(contract_7_1, a_del_in_the_client_context_reaches_the_runtime_escaped) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{
            {"X-Amz-Client-Context", "eyJhIjoiXFx/f2IifQ=="}}; // {"a":"\\\x7f\x7fb"}
        co_await self->invoke(R"({"do":"head"})", headers);
    });
    EXPECT_NE(s.replies[0].body.find("Lambda-Runtime-Client-Context: "
                                     R"({"a":"\\\u007f\u007fb"})"
                                     "\r\n"),
              std::string::npos)
        << s.replies[0].body;
}

TEST(emulator, tells_the_deadline_in_epoch_milliseconds) {
    session s;
    const auto epoch_ms = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    const long long before = epoch_ms();
    run_events(s, {R"({"do":"head"})"});
    const std::string& head = s.replies[0].body;
    const long long deadline = std::atoll(head.c_str() + head.find("Deadline-Ms: ") + 13);
    EXPECT_GE(deadline, before + 60'000 - 1);
    EXPECT_LE(deadline, epoch_ms() + 60'000);
}

TEST(emulator, gives_the_function_lambdas_variables) {
    session s;
    run_events(s, {R"({"do":"env","name":"AWS_LAMBDA_FUNCTION_NAME"})",
                   R"({"do":"env","name":"AWS_LAMBDA_FUNCTION_MEMORY_SIZE"})",
                   R"({"do":"env","name":"SPECIAL"})", R"({"do":"env","name":"_HANDLER"})"});
    EXPECT_EQ(s.replies[0].body, "test_function");
    EXPECT_EQ(s.replies[1].body, "3008");
    EXPECT_EQ(s.replies[2].body, "a=b");
    EXPECT_EQ(s.replies[3].body, "(unset)");
}

TEST(emulator, marks_a_functions_error) {
    session s;
    run_events(s, {R"({"do":"error"})", "1"});
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[0].body, R"({"errorMessage":"no","errorType":"Function.No"})");
    EXPECT_EQ(s.replies[1].body, "1");
}

TEST(emulator, reports_an_exit_and_starts_a_fresh_process) {
    session s;
    run_events(s, {R"({"do":"pid"})", R"({"do":"exit","n":3})", R"({"do":"pid"})"});
    const reply& exited = s.replies[1];
    EXPECT_EQ(exited.status, 200);
    EXPECT_EQ(exited.header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(exited.body, "{\"errorMessage\":\"RequestId: " + exited.header("x-amzn-RequestId") +
                               " Error: Runtime exited with error: exit status 3\","
                               "\"errorType\":\"Runtime.ExitError\"}");
    EXPECT_NE(s.replies[0].body, s.replies[2].body);
    EXPECT_EQ(s.log_count("Runtime exited with error: exit status 3\nRuntime.ExitError\n"), 1);
    EXPECT_EQ(s.log_count("REPORT RequestId: "), 3) << s.log();
    EXPECT_EQ(s.log_count("Init Duration: "), 2) << s.log();
}

TEST(emulator, reports_an_exit_without_a_reason_and_signals_by_name) {
    session s;
    run_events(s,
               {R"({"do":"exit","n":0})", R"({"do":"signal","n":9})", R"({"do":"signal","n":15})"});
    EXPECT_NE(s.replies[0].body.find("Runtime exited without providing a reason"),
              std::string::npos);
    EXPECT_NE(s.replies[1].body.find("Runtime exited with error: signal: killed"),
              std::string::npos);
    EXPECT_NE(s.replies[2].body.find("signal: terminated"), std::string::npos);
}

TEST(emulator, kills_a_function_at_its_deadline_and_starts_a_fresh_one) {
    session s;
    s.options.function.timeout = std::chrono::milliseconds{300};
    run_events(s, {R"({"do":"hang"})", R"({"do":"hang_deaf"})", R"({"do":"pid"})"});
    const std::string id = s.replies[0].header("x-amzn-RequestId");
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[0].body, "{\"errorMessage\":\"RequestId: " + id +
                                     " Error: Task timed out after 0.30 seconds\","
                                     "\"errorType\":\"Sandbox.Timedout\"}");
    EXPECT_NE(s.replies[1].body.find("Sandbox.Timedout"), std::string::npos);
    EXPECT_GT(std::atoi(s.replies[2].body.c_str()), 0);
    EXPECT_EQ(s.log_count(id + " Task timed out after 0.30 seconds\n"), 1) << s.log();
    EXPECT_EQ(s.log_count("\tStatus: timeout"), 2) << s.log();
}

TEST(emulator, lets_an_answer_stand_when_the_function_exits_or_hangs_behind_it) {
    session s;
    s.options.function.timeout = std::chrono::milliseconds{300};
    run_events(s, {R"({"do":"respond_and_exit","n":5})", R"({"do":"pid"})",
                   R"({"do":"respond_and_hang"})", R"({"do":"pid"})"});
    EXPECT_EQ(s.replies[0].body, "\"answered\"");
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "");
    EXPECT_GT(std::atoi(s.replies[1].body.c_str()), 0);
    EXPECT_EQ(s.replies[2].body, "\"answered\"");
    EXPECT_EQ(s.replies[2].header("X-Amz-Function-Error"), "");
    EXPECT_GT(std::atoi(s.replies[3].body.c_str()), 0);
    EXPECT_EQ(s.log_count("REPORT RequestId: "), 4) << s.log();
    EXPECT_EQ(s.log_count("exit status 5"), 1) << s.log();
}

TEST(emulator, takes_an_exit_between_invocations_for_no_ones_error) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->invoke("1");
        while (self->log_count("REPORT") == 0)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        ::kill(self->function_pid(), SIGKILL);
        while (self->function_pid() > 0)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        co_await self->invoke("2");
    });
    EXPECT_EQ(s.replies[1].body, "2");
    EXPECT_EQ(s.log_count("Between invocations: Runtime exited with error: signal: killed\n"), 1);
}

TEST(contract_11, concurrent_invokes_are_run_one_after_the_other) {
    session s;
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        for (int i = 0; i != 40; ++i)
            callers.spawn(
                self->invoke(R"({"do":"sleep","n":2,"caller":)" + std::to_string(i) + "}"));
        co_await callers.join();
    });
    ASSERT_EQ(s.replies.size(), 40U);
    for (int i = 0; i != 40; ++i)
        EXPECT_EQ(s.replies[i].body, R"({"do":"sleep","n":2,"caller":)" + std::to_string(i) + "}");
    EXPECT_EQ(s.log_count("REPORT RequestId: "), 40);
}

TEST(contract_7_1, callers_beyond_the_queue_get_429) {
    session s;
    s.options.dispatching.queued_invocations_max = 2;
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        for (int i = 0; i != 5; ++i)
            callers.spawn(self->invoke(R"({"do":"sleep","n":300})"));
        co_await callers.join();
    });
    int refused = 0;
    for (const reply& each : s.replies) {
        if (each.status != 429)
            continue;
        ++refused;
        EXPECT_EQ(each.header("x-amzn-ErrorType"), "TooManyRequestsException");
        EXPECT_EQ(each.body, R"({"Type":"User","Message":"Rate Exceeded."})");
    }
    EXPECT_EQ(refused, 2);
}

TEST(emulator, runs_an_invocation_whose_caller_has_gone_to_its_end) {
    session s;
    s.run([](session* self) -> task<> {
        spry::http::client impatient{*self->loop, self->emulator->local_address()};
        const spry::result<> connected = co_await impatient.connect();
        const std::string request =
            "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Length: 21\r\n\r\n{\"do\":\"sleep\",\"n\":50}";
        const spry::result<std::size_t> sent =
            co_await impatient.wire().send(std::as_bytes(std::span{request}));
        while (connected && sent && self->log_count("START") == 0)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        impatient.disconnect();
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
    EXPECT_EQ(s.log_count("REPORT RequestId: "), 2) << s.log();
}

TEST(emulator, reports_an_init_error_to_those_who_wait_and_tries_again_for_the_next) {
    session s{"init_error"};
    run_events(s, {"1", "2"});
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 200);
        EXPECT_EQ(each.header("X-Amz-Function-Error"), "Unhandled");
        EXPECT_EQ(each.body, R"({"errorMessage":"not today","errorType":"Function.Init"})");
    }
    EXPECT_GE(s.log_count("INIT_REPORT"), 2) << s.log();
}

TEST(emulator, ends_a_runtime_that_stays_after_an_init_error) {
    session s{"init_error_and_stay"};
    run_events(s, {"1"});
    EXPECT_EQ(s.replies[0].body, R"({"errorMessage":"not today","errorType":"Function.Init"})");
    EXPECT_EQ(s.log_count("next after init error: 403 {\"errorMessage\":\"State transition from "
                          "InitError to Ready failed for runtime. Error: State transition is not "
                          "allowed\",\"errorType\":\"InvalidStateTransition\"}\n"),
              2) // it is tried again
        << s.log();
}

TEST(emulator, reports_an_exit_during_init_to_all_who_wait) {
    session s{"init_exit"};
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        for (int i = 0; i != 5; ++i)
            callers.spawn(self->invoke("{}"));
        co_await callers.join();
    });
    ASSERT_EQ(s.replies.size(), 5U);
    for (const reply& each : s.replies) {
        EXPECT_NE(each.body.find("RequestId: " + each.header("x-amzn-RequestId") +
                                 " Error: Runtime exited with error: exit status 7"),
                  std::string::npos)
            << each.body;
    }
}

TEST(emulator, starts_no_process_again_without_an_invocation) {
    session s{"init_exit"};
    s.run([](session* self) -> task<> {
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{300});
    });
    EXPECT_EQ(s.log_count("INIT_REPORT"), 1) << s.log();
}

TEST(emulator, ends_an_initialisation_at_its_limit_and_the_next_at_the_callers_deadline) {
    session s{"init_hang"};
    s.options.function.init_timeout = std::chrono::milliseconds{100};
    s.options.function.timeout = std::chrono::milliseconds{300};
    run_events(s, {"1"});
    EXPECT_NE(s.replies[0].body.find("Task timed out after 0.30 seconds"), std::string::npos);
    EXPECT_EQ(s.log_count("\tPhase: init\tStatus: timeout\n"), 1) << s.log();
    EXPECT_EQ(s.log_count("Task timed out"), 1) << s.log();
}

TEST(emulator, waits_for_a_slow_initialisation) {
    session s{"init_slow"};
    run_events(s, {"1"});
    EXPECT_EQ(s.replies[0].body, "1");
}

TEST(emulator, writes_the_functions_output_in_whole_lines_before_end) {
    session s;
    run_events(s, {R"({"do":"print","n":3})", R"({"do":"pid"})"});
    const std::string id = s.replies[0].header("x-amzn-RequestId");
    const std::string expected = "START RequestId: " + id +
                                 " Version: $LATEST\nline 0\nline 1\nline 2printed late, no line "
                                 "end\nEND RequestId: " +
                                 id + "\nREPORT";
    EXPECT_NE(s.log().find(expected), std::string::npos) << s.log();
}

TEST(contract_7_1, the_last_4_kb_of_the_log_are_given_to_who_asks) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Log-Type", "Tail"}};
        co_await self->invoke(R"({"do":"print","n":1})", headers);
        co_await self->invoke(R"({"do":"print","n":1000})", headers);
        co_await self->invoke(R"({"do":"print","n":1})");
    });
    EXPECT_EQ(s.replies[0].header("X-Amz-Log-Result").substr(0, 12), "U1RBUlQgUmVx"); // START Req
    EXPECT_EQ(s.replies[1].header("X-Amz-Log-Result").size(), (4096U + 2) / 3 * 4);
    EXPECT_EQ(s.replies[2].header("X-Amz-Log-Result"), "");
}

TEST(contract_11, a_response_of_6291557_bytes_is_too_large_and_one_of_6291556_is_not) {
    session s;
    run_events(s, {R"({"do":"big","n":6291556})", R"({"do":"last"})", R"({"do":"big","n":6291557})",
                   R"({"do":"last"})"});
    EXPECT_EQ(s.replies[0].body.size(), 6'291'556U);
    EXPECT_EQ(s.replies[1].body, "202 {\"status\":\"OK\"}\n");
    EXPECT_EQ(s.replies[2].status, 200);
    EXPECT_EQ(s.replies[2].header("X-Amz-Function-Error"), "Unhandled");
    EXPECT_EQ(s.replies[2].body,
              "{\"errorMessage\":\"Response payload size (6291557 bytes) exceeded maximum allowed "
              "payload size (6291556 bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}");
    EXPECT_EQ(s.replies[3].body,
              "413 {\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
              "\"errorType\":\"RequestEntityTooLarge\"}\n");
}

TEST(contract_11, a_request_of_6291557_bytes_is_413_and_one_of_6291556_is_run) {
    session s;
    s.run([](session* self) -> task<> {
        const std::string largest = "\"" + std::string(6'291'554, 'x') + "\"";
        const std::string too_large = largest + " ";
        co_await self->invoke(largest);
        co_await self->invoke(too_large);
    });
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].body.size(), 6'291'556U);
    EXPECT_EQ(s.replies[1].status, 413);
    EXPECT_EQ(s.replies[1].header("x-amzn-ErrorType"), "RequestTooLargeException");
}

TEST(emulator, stops_with_a_function_that_ignores_sigterm) {
    session s;
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"hang_deaf"})"));
        while (self->log_count("START") == 0)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        self->stop.request_stop();
        co_await callers.join();
    });
    ASSERT_TRUE(s.outcome.has_value());
    EXPECT_TRUE(s.outcome->has_value());
    EXPECT_EQ(s.replies[0].status, 500);
    EXPECT_EQ(s.replies[0].header("x-amzn-ErrorType"), "ServiceException");
}

TEST(emulator, stops_at_once_where_that_is_asked) {
    session s;
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"hang_deaf"})"));
        while (self->log_count("START") == 0)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        self->stop.request_stop();
        self->at_once.request_stop();
        co_await callers.join();
    });
    ASSERT_TRUE(s.outcome.has_value());
    EXPECT_TRUE(s.outcome->has_value());
}

TEST(contract_7_1, who_waits_when_it_stops_gets_500) {
    session s;
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        for (int i = 0; i != 3; ++i)
            callers.spawn(self->invoke(R"({"do":"hang"})"));
        while (self->log_count("START") == 0)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        self->stop.request_stop();
        co_await callers.join();
    });
    ASSERT_EQ(s.replies.size(), 3U);
    for (const reply& each : s.replies)
        EXPECT_EQ(each.status, 500);
}

TEST(contract_11, a_process_that_forks_leaves_nothing) {
    session s;
    run_events(s, {R"({"do":"fork"})"});
    const int pid = std::atoi(s.replies[0].body.c_str());
    ASSERT_GT(pid, 0);
    EXPECT_TRUE(is_gone(pid));
}

TEST(emulator, fails_where_the_function_cannot_be_started) {
    session s;
    s.options.function.program = "/nonexistent/function";
    s.run([](session* self) -> task<> {
        while (!self->outcome)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
    });
    ASSERT_FALSE(s.outcome->has_value());
    EXPECT_EQ(s.outcome->error(), std::errc::no_such_file_or_directory);
}

TEST(emulator, can_be_started_and_stopped_many_times) {
    for (int i = 0; i != 20; ++i) {
        session s;
        run_events(s, {"{}"});
        EXPECT_EQ(s.replies[0].status, 200);
    }
}

} // namespace
