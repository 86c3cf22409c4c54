// SPDX-License-Identifier: Apache-2.0
// Several processes, several invocations in one, and what happens between invocations.
#include <spry/io/unique_fd.hpp>

#include "emulator_caller.hpp"
#include "emulator_session.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <sys/resource.h>
#include <sys/socket.h>

namespace {

using spry_test::reply;
using spry_test::session;
using spry_test::task;

char process_state(int pid) {
    std::FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
    char state = '?';
    if (file != nullptr) {
        if (std::fscanf(file, "%*d %*s %c", &state) != 1)
            state = '?';
        std::fclose(file);
    }
    return state;
}

void use_workers(session& s, const char* count) {
    s.options.function.arguments = {"fake", "workers", count};
    s.options.function.managed_concurrency = static_cast<std::size_t>(std::atoi(count));
}

task<> invoke_many(session* self, std::string_view event, int count) {
    spry::task_scope callers;
    for (int i = 0; i != count; ++i)
        callers.spawn(self->invoke(event));
    co_await callers.join();
}

int count_status(const session& s, int status) {
    return static_cast<int>(
        std::count_if(s.replies.begin(), s.replies.end(),
                      [&](const reply& each) { return each.status == status; }));
}

TEST(emulator_concurrency, runs_overlapping_invocations_in_processes_of_their_own) {
    session s;
    s.options.dispatching.environments_max = 3;
    s.run([](session* self) -> task<> {
        co_await invoke_many(self, R"({"do":"sleep","n":200})", 3);
        EXPECT_EQ(self->emulator->processes().size(), 3U);
        co_await invoke_many(self, R"({"do":"sleep","n":50})", 9);
        EXPECT_EQ(self->emulator->processes().size(), 3U);
    });
    EXPECT_EQ(count_status(s, 200), 12);
    EXPECT_EQ(s.log_count("Init Duration: "), 3) << s.log();
}

TEST(emulator_concurrency, starts_no_second_process_for_callers_that_wait_for_their_answers) {
    session s;
    s.options.dispatching.environments_max = 3;
    s.run([](session* self) -> task<> {
        for (int i = 0; i != 50; ++i)
            co_await self->invoke(R"({"do":"pid"})");
    });
    std::set<std::string> pids;
    for (const reply& each : s.replies)
        pids.insert(each.body);
    EXPECT_EQ(pids.size(), 1U);
}

// Its request is there when the first process is still to be started, and needs no second one.
TEST(emulator_concurrency, starts_one_process_for_who_has_called_before_it_serves) {
    session s;
    const spry::io::unique_fd early{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    s.before_run = [&](const spry::io::address& at) {
        constexpr std::string_view request =
            "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\n"
            "Host: localhost\r\nContent-Length: 1\r\n\r\n1";
        ASSERT_EQ(::connect(early.get(), at.data(), at.size()), 0);
        ASSERT_EQ(::send(early.get(), request.data(), request.size(), 0),
                  static_cast<ssize_t>(request.size()));
    };
    s.run([](session* self) -> task<> {
        co_await self->log_has("REPORT");
        for (int i = 0; i != 5; ++i)
            co_await self->invoke("1");
        EXPECT_EQ(self->emulator->processes().size(), 1U);
    });
    EXPECT_EQ(s.log_count("Init Duration: "), 1) << s.log();
}

TEST(emulator_concurrency, replaces_one_process_and_leaves_the_others) {
    session s;
    s.options.dispatching.environments_max = 2;
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"sleep","n":300})"));
        callers.spawn(self->invoke(R"({"do":"exit","n":3})"));
        co_await callers.join();
        co_await self->invoke("1");
    });
    EXPECT_NE(s.replies[0].body.find("exit status 3"), std::string::npos);
    EXPECT_EQ(s.replies[1].body, R"({"do":"sleep","n":300})");
    EXPECT_EQ(s.replies[2].body, "1");
}

// The program has changed while its process was busy, and a caller has started the new one since.
TEST(emulator_concurrency, starts_no_second_process_in_place_of_one_that_was_replaced) {
    session s;
    s.options.dispatching.environments_max = 2;
    s.run([](session* self) -> task<> {
        spry::emulator::dispatcher& function = *self->emulator->functions().all().front();
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"sleep","n":500})"));
        co_await self->log_has("START");
        function.replace_processes();
        co_await self->invoke("1");
        co_await callers.join();
        co_await self->log_has("REPORT", 2);
        while (function.environments().size() != 1)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        ::kill(self->function_pid(), SIGKILL);
        co_await self->log_has("Between invocations: ");
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{100});
        EXPECT_TRUE(function.environments().empty());
    });
    EXPECT_EQ(s.log_count("Init Duration: "), 2) << s.log();
}

TEST(emulator_concurrency, refuses_all_that_cannot_be_run_at_once_without_a_queue) {
    session s;
    s.options.dispatching.environments_max = 2;
    s.options.dispatching.queued_invocations_max = 0;
    s.run([](session* self) -> task<> {
        co_await invoke_many(self, R"({"do":"sleep","n":200})", 5);
        for (int i = 0; i != 20; ++i) // one after the other never waits
            co_await self->invoke("1");
    });
    EXPECT_EQ(count_status(s, 429), 3);
    EXPECT_EQ(count_status(s, 200), 22);
}

TEST(emulator_concurrency, answers_504_to_who_has_waited_too_long) {
    session s;
    s.options.dispatching.queue_wait_max = std::chrono::milliseconds{50};
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"sleep","n":400})"));
        co_await self->log_has("START");
        callers.spawn(self->invoke("1"));
        co_await callers.join();
        co_await self->invoke("2");
    });
    EXPECT_EQ(s.replies[0].status, 504);
    EXPECT_EQ(s.replies[0].body,
              "{\"Type\":\"Server\",\"Message\":\"No execution environment became "
              "free in time.\"}");
    EXPECT_EQ(s.replies[1].status, 200);
    EXPECT_EQ(s.replies[2].body, "2");
}

TEST(emulator_async, tries_a_failing_event_three_times_under_one_id) {
    session s;
    s.options.async_retry_delay = std::chrono::milliseconds{10};
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        co_await self->invoke(R"({"do":"error"})", headers);
        co_await self->log_has("REPORT", 3);
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{100});
    });
    EXPECT_EQ(s.replies[0].status, 202);
    EXPECT_EQ(s.log_count("START RequestId: " + s.replies[0].header("x-amzn-RequestId")), 3);
    EXPECT_EQ(s.log_count("START"), 3) << s.log();
}

TEST(emulator_async, tries_no_more_once_an_attempt_has_succeeded) {
    session s;
    s.options.async_retry_delay = std::chrono::milliseconds{10};
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        co_await self->invoke(R"({"do":"fail_twice"})", headers);
        co_await self->log_has("REPORT", 3);
        co_await self->invoke(R"({"do":"count"})", headers);
        co_await self->log_has("REPORT", 4);
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{100});
    });
    EXPECT_EQ(s.log_count("START"), 4) << s.log();
}

TEST(emulator_async, tries_again_where_no_process_could_be_started) {
    session s;
    s.options.async_retry_delay = std::chrono::milliseconds{100};
    s.run([](session* self) -> task<> {
        const std::string start = "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\n"
                                  "Host: localhost\r\nContent-Length: 1\r\n";
        spry_test::caller who{self}; // connected before there are no files any more
        co_await spry_test::say(&who, start + "\r\n1");
        co_await self->log_has("REPORT");
        ::kill(self->function_pid(), SIGKILL);
        while (!self->emulator->functions().all().front()->environments().empty())
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        rlimit files{};
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
        const rlimit none{1, files.rlim_max}; // poll(2) asks for as many as it looks at
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
        co_await spry_test::say(&who, start + "X-Amz-Invocation-Type: Event\r\n\r\n2");
        co_await spry_test::hear(&who, "HTTP/1.1 202");
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
        EXPECT_EQ(self->log_count("START"), 1) << self->log();
        co_await self->log_has("REPORT", 2);
    });
    EXPECT_EQ(s.log_count("Init Duration: "), 2) << s.log();
}

// The only environment hangs, and an event is accepted behind that.
task<> send_event_behind_a_hanging_one(session* self, spry::task_scope* callers) {
    const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
    callers->spawn(self->invoke(R"({"do":"hang"})"));
    co_await self->log_has("START");
    co_await self->invoke("1", headers);
}

TEST(emulator_async, tries_again_where_an_event_has_waited_too_long) {
    session s;
    s.options.async_retry_delay = std::chrono::milliseconds{600};
    s.options.dispatching.queue_wait_max = std::chrono::milliseconds{200};
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        co_await send_event_behind_a_hanging_one(self, &callers);
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{300});
        ::kill(self->function_pid(), SIGKILL);
        co_await callers.join();
        co_await self->log_has("REPORT", 2);
    });
    EXPECT_EQ(s.log_count("START RequestId: " + s.replies[0].header("x-amzn-RequestId")), 1);
}

TEST(emulator_async, logs_an_event_that_is_given_up) {
    session s;
    s.options.async_retry_delay = std::chrono::milliseconds{10};
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        co_await self->invoke(R"({"do":"error"})", headers);
        co_await self->log_has("Event given up");
    });
    EXPECT_EQ(s.log_count("RequestId: " + s.replies[0].header("x-amzn-RequestId") +
                          " Event given up after 3 attempts: The function has failed.\n"),
              1)
        << s.log();
}

TEST(emulator_async, logs_an_event_that_has_never_found_an_environment) {
    session s;
    s.options.async_retry_delay = std::chrono::milliseconds{10};
    s.options.dispatching.queue_wait_max = std::chrono::milliseconds{200};
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        co_await send_event_behind_a_hanging_one(self, &callers);
        co_await self->log_has("Event given up");
        ::kill(self->function_pid(), SIGKILL);
        co_await callers.join();
    });
    EXPECT_EQ(s.log_count("RequestId: " + s.replies[0].header("x-amzn-RequestId") +
                          " Event given up after 3 attempts: No execution environment became free "
                          "in time.\n"),
              1)
        << s.log();
}

TEST(emulator_async, does_not_wait_for_a_retry_when_it_stops) {
    session s; // the service's delay: a minute
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        co_await self->invoke(R"({"do":"error"})", headers);
        co_await self->log_has("REPORT", 1);
    });
    EXPECT_EQ(s.log_count("START"), 1);
}

TEST(emulator_async, accepts_events_beyond_the_queue_of_callers) {
    session s;
    s.options.dispatching.queued_invocations_max = 0;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        for (int i = 0; i != 5; ++i)
            co_await self->invoke(R"({"do":"sleep","n":20})", headers);
        co_await self->log_has("REPORT", 5);
    });
    EXPECT_EQ(count_status(s, 202), 5);
}

TEST(emulator_managed, hands_out_as_many_invocations_as_workers_wait) {
    session s;
    use_workers(s, "4");
    s.run([](session* self) -> task<> { co_await invoke_many(self, R"({"do":"meet","n":4})", 4); });
    EXPECT_EQ(count_status(s, 200), 4);
    EXPECT_EQ(s.log_count("Init Duration: "), 1) << s.log();
    EXPECT_EQ(s.log_count("REPORT"), 4);
}

TEST(emulator_managed, queues_what_finds_all_workers_busy) {
    session s;
    use_workers(s, "3");
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        for (int i = 0; i != 60; ++i)
            callers.spawn(
                self->invoke(R"({"do":"sleep","n":5,"caller":)" + std::to_string(i) + "}"));
        co_await callers.join();
        EXPECT_EQ(self->emulator->processes().size(), 1U);
    });
    std::set<std::string> bodies;
    for (const reply& each : s.replies)
        bodies.insert(each.body);
    EXPECT_EQ(bodies.size(), 60U);
    EXPECT_EQ(s.log_count("START"), 60);
}

TEST(emulator_managed, tells_the_function_how_many) {
    session s;
    use_workers(s, "2");
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"env","name":"AWS_LAMBDA_INITIALIZATION_TYPE"})");
    });
    EXPECT_EQ(s.replies[0].body, "lambda-managed-instances");
}

TEST(emulator_managed, fails_all_in_hand_where_the_process_ends_and_starts_another) {
    session s;
    use_workers(s, "3");
    s.run([](session* self) -> task<> {
        spry::task_scope callers;
        callers.spawn(self->invoke(R"({"do":"hang"})"));
        callers.spawn(self->invoke(R"({"do":"hang"})"));
        co_await self->log_has("START", 2);
        callers.spawn(self->invoke(R"({"do":"exit","n":4})"));
        co_await callers.join();
        co_await self->invoke("1");
    });
    ASSERT_EQ(s.replies.size(), 4U);
    for (std::size_t i = 0; i != 3; ++i)
        EXPECT_NE(s.replies[i].body.find("exit status 4"), std::string::npos) << s.replies[i].body;
    EXPECT_EQ(s.replies[3].body, "1");
}

TEST(emulator_freeze, stops_the_process_between_invocations) {
    session s;
    s.options.function.freeze = true;
    s.run([](session* self) -> task<> {
        for (int i = 0; i != 3; ++i) {
            co_await self->invoke(R"({"do":"pid"})");
            co_await self->log_has("REPORT", i + 1);
            const int pid = self->function_pid();
            for (int tries = 0; tries != 1000 && process_state(pid) != 'T'; ++tries)
                (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
            EXPECT_EQ(process_state(pid), 'T');
        }
    });
    EXPECT_EQ(s.replies[0].body, s.replies[2].body);
    EXPECT_EQ(count_status(s, 200), 3);
}

TEST(emulator_freeze, ends_a_stopped_process_in_order) {
    session s{"sigterm"};
    s.options.function.freeze = true;
    s.run([](session* self) -> task<> {
        co_await self->invoke("1");
        co_await self->log_has("REPORT");
    });
    EXPECT_EQ(s.log_count("SIGTERM seen\n"), 1) << s.log();
}

// How the fake function starts, with a folder that it makes at its first attempt.
class contract_1_10 : public testing::TestWithParam<const char*> {
protected:
    contract_1_10() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
    ~contract_1_10() override { std::filesystem::remove_all(folder_); }

    void use(session& s) const {
        s.options.function.arguments = {"fake", GetParam(), folder_ + "/tried"};
        s.options.function.init_timeout = std::chrono::milliseconds{200};
    }

private:
    std::string folder_ = (std::filesystem::temp_directory_path() / "spry-init-XXXXXX").string();
};

TEST_P(contract_1_10, a_failed_init_is_repeated_within_the_next_invocation) {
    session s;
    use(s);
    s.run([](session* self) -> task<> {
        co_await self->log_has("INIT_REPORT");
        co_await self->invoke("1");
        co_await self->invoke("2");
    });
    EXPECT_EQ(s.replies[0].body, "1");
    EXPECT_EQ(s.replies[0].header("X-Amz-Function-Error"), "");
    EXPECT_EQ(s.replies[1].body, "2");
    EXPECT_EQ(s.log_count("INIT_REPORT"), 1) << s.log();
    EXPECT_EQ(s.log_count("\tPhase: init\tStatus: "), 1) << s.log();
    EXPECT_EQ(s.log_count("\tInit Duration: "), 0) << s.log(); // it counts as the invocation's
}

TEST_P(contract_1_10, a_failed_init_is_repeated_for_those_who_have_waited_for_it) {
    session s;
    use(s);
    s.options.dispatching.environments_max = 2;
    s.run([](session* self) -> task<> { co_await invoke_many(self, "1", 6); });
    EXPECT_EQ(count_status(s, 200), 6);
    for (const reply& each : s.replies)
        EXPECT_EQ(each.body, "1");
}

INSTANTIATE_TEST_SUITE_P(emulator, contract_1_10,
                         testing::Values("init_slow_once", "init_exit_once", "init_error_once"));

// Then the invocation has its error, and so has each that follows, after an attempt of its own.
TEST(contract_1_10_always, an_init_that_fails_again_fails_its_invocation) {
    session s{"init_exit"};
    s.run([](session* self) -> task<> {
        co_await self->invoke("1");
        co_await self->invoke("2");
    });
    for (const reply& each : s.replies)
        EXPECT_NE(each.body.find("Runtime exited with error: exit status 7"), std::string::npos);
    EXPECT_EQ(s.log_count("\tPhase: init\tStatus: error\tError Type: Runtime.ExitError\n"), 1);
    EXPECT_EQ(s.log_count("\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError\n"), 2);
    EXPECT_EQ(s.log_count("START"), 2) << s.log();
    EXPECT_EQ(s.log_count("REPORT RequestId"), 2) << s.log();
}

// All its workers wait for one initialisation, and no invocation has it for itself.
TEST(contract_3_3, a_failed_init_of_a_managed_instance_fails_each_invocation) {
    session s{"init_exit"};
    s.options.function.managed_concurrency = 3;
    s.run([](session* self) -> task<> { co_await invoke_many(self, "1", 5); });
    ASSERT_EQ(s.replies.size(), 5U);
    for (const reply& each : s.replies)
        EXPECT_NE(each.body.find("Runtime exited with error: exit status 7"), std::string::npos);
    EXPECT_EQ(s.log_count("Phase: invoke"), 0) << s.log();
}

TEST(emulator_memory, tells_a_kill_for_lack_of_memory_from_another) {
    session s;
    s.options.function.memory_size_mib = 200; // more than a sanitizer needs itself
    s.run([](session* self) -> task<> {
        co_await self->invoke(R"({"do":"too_much","n":220})");
        co_await self->invoke(R"({"do":"signal","n":9})");
    });
    for (const reply& each : s.replies)
        EXPECT_NE(each.body.find("Runtime exited with error: signal: killed"), std::string::npos);
    EXPECT_EQ(s.log_count("signal: killed\nRuntime.OutOfMemory\n"), 1) << s.log();
    EXPECT_EQ(s.log_count("\tStatus: error\tError Type: Runtime.OutOfMemory\t\n"), 1) << s.log();
    EXPECT_EQ(s.log_count("\tStatus: error\tError Type: Runtime.ExitError\t\n"), 1) << s.log();
}

} // namespace
