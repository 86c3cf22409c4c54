// SPDX-License-Identifier: Apache-2.0
// Our functions behind AWS's own emulator (runtime contract 7.2 to 7.4), also where it is one of
// managed instances (3.3).
#include "release/local_function.hpp"

#include <filesystem>
#include <set>
#include <thread>
#include <utility>

namespace {

namespace fs = std::filesystem;
using release::http_answer;
using release::strings;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

// Puts a function where the emulator looks for one that is a managed instance, in a /var that
// nobody else sees, and becomes the emulator.
const strings in_a_var_of_its_own{"/usr/bin/unshare",
                                  "--mount",
                                  "/bin/sh",
                                  "-c",
                                  "set -e; mount -t tmpfs none /var; mkdir /var/runtime /var/task; "
                                  "cp \"$1\" /var/runtime/bootstrap; shift; exec \"$@\"",
                                  "sh"};

// aws-lambda-rie with a function of ours, on two free ports.
class real_emulator {
public:
    explicit real_emulator(const strings& function, const strings& variables = {})
        : real_emulator({}, function, variables) {}

    /// Of a managed instance with so many invocations at once.
    static real_emulator managed(const std::string& program, unsigned concurrency,
                                 const strings& variables) {
        return real_emulator{release::joined(in_a_var_of_its_own, {program}),
                             {},
                             release::joined(variables, {"AWS_LAMBDA_MAX_CONCURRENCY=" +
                                                         std::to_string(concurrency)})};
    }

    static std::string binary() { return SPRY_SOURCE_DIR "/.deps/peers/rie/aws-lambda-rie-x86_64"; }

    http_answer invoke(std::string_view event) const { return release::invoke_at(port_, event); }

    /// Ends it with SIGTERM; its exit code.
    int stop() {
        ::kill(process_.pid(), SIGTERM);
        log_ = release::read_until(process_.output(), release::clock::now() + release::patience,
                                   [](std::string_view) { return false; });
        return process_.wait();
    }
    const std::string& log() const noexcept { return log_; }

private:
    real_emulator(const strings& before, const strings& function, const strings& variables)
        : port_(release::free_port()),
          process_(
              release::joined(
                  release::joined(before, {binary(), "--runtime-interface-emulator-address",
                                           address(port_), "--runtime-api-address",
                                           address(release::free_port()), "--log-level", "error"}),
                  function),
              release::overlaid({"PATH=/usr/bin:/bin"}, variables), release::die_with_parent) {
        await_listening();
    }

    void await_listening() const {
        const auto deadline = release::clock::now() + release::patience;
        while (release::dial(port_).get() < 0) {
            if (release::clock::now() > deadline) {
                ADD_FAILURE() << "the emulator does not listen";
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    static std::string address(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

    std::uint16_t port_;
    release::child process_;
    std::string log_;
};

class real_rie : public release::leaves_no_process {
protected:
    void SetUp() override {
        leaves_no_process::SetUp();
        if (!fs::exists(real_emulator::binary()))
            GTEST_SKIP() << "aws-lambda-rie is not installed: ./dev setup --peers rie";
    }
    static void expect_answer(const http_answer& answer, std::string_view body) {
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, body);
    }
    static std::string process(const real_emulator& rie) {
        const http_answer answer = rie.invoke(R"({"how":"answer"})");
        EXPECT_EQ(answer.status, 200);
        EXPECT_THAT(answer.body, testing::StartsWith("{\"process\":"));
        return answer.body;
    }
};

TEST_F(real_rie, runs_hello_event_after_event) {
    real_emulator rie({release::example("hello")});
    expect_answer(rie.invoke(R"({"name":"RIE"})"), R"({"hello":"RIE"})");
    expect_answer(rie.invoke("{}"), R"({"hello":"world"})");
    for (int i = 0; i != 20; ++i) {
        const std::string name = std::to_string(i);
        expect_answer(rie.invoke("{\"name\":\"" + name + "\"}"), "{\"hello\":\"" + name + "\"}");
    }
    EXPECT_EQ(rie.stop(), 0);
    EXPECT_THAT(rie.log(), HasSubstr("REPORT RequestId: "));
}

// Bytes of any kind and of the size that the real emulator passes on whole.
TEST_F(real_rie, runs_echo_with_small_and_large_events) {
    real_emulator rie({release::example("echo")});
    for (const std::string& event :
         {std::string("1"), std::string("no JSON at all"), std::string("\xff\0\x80", 3),
          std::string(100'000, 'x'), std::string(6'291'556, 'y'), std::string("2")})
        expect_answer(rie.invoke(event), event);
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, runs_the_function_that_the_argument_names) {
    real_emulator rie({release::example("multi"), "sum"});
    expect_answer(rie.invoke(R"({"numbers":[1,2,3.5]})"), R"({"sum":6.5,"count":3})");
    // Behind this emulator an error looks like an answer.
    const http_answer wrong = rie.invoke(R"({"numbers":[1,"two"]})");
    EXPECT_EQ(wrong.status, 200);
    EXPECT_THAT(wrong.body, HasSubstr("at .numbers[1]: expected a number, found a string"));
    expect_answer(rie.invoke(R"({"numbers":[]})"), R"({"sum":0,"count":0})");
    EXPECT_EQ(rie.stop(), 0);
}

// This emulator collects what is streamed, prelude included (runtime contract 2.4).
TEST_F(real_rie, takes_streams_event_after_event) {
    real_emulator rie({release::example("stream"), "page"});
    const std::string prelude =
        R"({"statusCode":200,"headers":{"content-type":"text/html"}})" + std::string(8, '\0');
    for (const auto& [event, shown] :
         {std::pair{"1", "1"}, std::pair{"<p>&", "&lt;p>&amp;"}, std::pair{"2", "2"}}) {
        expect_answer(rie.invoke(event),
                      prelude + "<!doctype html><title>Echo</title><pre>" + shown + "</pre>");
    }
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, reports_a_stream_that_fails_before_its_first_byte) {
    real_emulator rie({release::example("stream"), "countdown"});
    expect_answer(rie.invoke(R"({"from":2})"), "2\n1\nlift-off\n");
    EXPECT_THAT(rie.invoke(R"({"from":1001})").body, HasSubstr("that takes too long"));
    expect_answer(rie.invoke(R"({"from":0})"), "lift-off\n");
    EXPECT_EQ(rie.stop(), 0);
}

// Its server refuses a request with more than 4096 bytes of trailers, whatever else it does with
// them.
TEST_F(real_rie, takes_a_stream_that_fails_in_the_middle_with_any_message) {
    for (const char* message_bytes : {"10", "2500", "20000"}) {
        real_emulator rie({release::test_program("streaming")},
                          {"PIECES=3", "PIECE_BYTES=2", std::string("FAILS=") + message_bytes});
        const std::string begun(6, '\0');
        expect_answer(rie.invoke("1"), begun);
        expect_answer(rie.invoke("2"), begun);
        EXPECT_EQ(rie.stop(), 0);
        EXPECT_THAT(rie.log(), Not(HasSubstr("suspiciously long trailer")));
    }
}

TEST_F(real_rie, reports_a_thrown_exception) {
    real_emulator rie({release::test_program("misbehaving")});
    const std::string before = process(rie);
    const http_answer thrown = rie.invoke(R"({"how":"throw"})");
    EXPECT_EQ(thrown.status, 200);
    EXPECT_THAT(thrown.body, HasSubstr(R"("errorMessage":"only 3 left of \"tea\"")"));
    EXPECT_THAT(thrown.body, HasSubstr("shop::out_of_stock"));
    EXPECT_THAT(rie.invoke(R"({"how":"throw_int"})").body, HasSubstr(R"("errorType":"int")"));
    EXPECT_EQ(process(rie), before);
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, replaces_a_function_that_exits) {
    real_emulator rie({release::test_program("misbehaving")});
    const std::string before = process(rie);
    const http_answer exited = rie.invoke(R"({"how":"exit_3"})");
    EXPECT_EQ(exited.status, 502);
    EXPECT_THAT(exited.body, HasSubstr("Runtime.ExitError"));
    EXPECT_THAT(exited.body, HasSubstr("exit status 3"));
    EXPECT_NE(process(rie), before);
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, replaces_a_function_that_misses_its_deadline) {
    real_emulator rie({release::test_program("misbehaving")}, {"AWS_LAMBDA_FUNCTION_TIMEOUT=1"});
    const std::string before = process(rie);
    expect_answer(rie.invoke(R"({"how":"spin"})"), "Task timed out after 1.00 seconds");
    EXPECT_NE(process(rie), before);
    EXPECT_EQ(rie.stop(), 0);
}

// The deadline that this emulator announces is in time for the handler to be told.
TEST_F(real_rie, lets_a_handler_answer_before_its_deadline) {
    real_emulator rie({release::example("multi"), "delay"}, {"AWS_LAMBDA_FUNCTION_TIMEOUT=2"});
    expect_answer(rie.invoke(R"({"milliseconds":10})"), R"({"waited":10})");
    const http_answer told = rie.invoke(R"({"milliseconds":60000})");
    EXPECT_EQ(told.status, 200);
    EXPECT_THAT(told.body, HasSubstr("the deadline is too near for such a delay"));
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, passes_an_init_error_on) {
    real_emulator rie({release::test_program("failing_init")}, {"FAILING_INIT=throw"});
    const http_answer failed = rie.invoke("{}");
    EXPECT_EQ(failed.status, 502);
    EXPECT_THAT(failed.body, HasSubstr("no database at db.example:5432"));
    EXPECT_THAT(failed.body, HasSubstr("database_missing"));
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, passes_on_that_no_such_function_is_there) {
    real_emulator rie({release::example("multi"), "product"});
    const http_answer failed = rie.invoke("{}");
    EXPECT_EQ(failed.status, 502);
    EXPECT_THAT(failed.body, HasSubstr(R"("errorType":"Runtime.NoSuchHandler")"));
    EXPECT_THAT(failed.body, HasSubstr("this binary has sum, delay, describe"));
    EXPECT_EQ(rie.stop(), 0);
}

TEST_F(real_rie, passes_on_that_the_table_is_empty) {
    real_emulator rie({release::test_program("empty_table")});
    const http_answer failed = rie.invoke("{}");
    EXPECT_EQ(failed.status, 502);
    EXPECT_THAT(failed.body, HasSubstr("the function table is empty"));
    EXPECT_EQ(rie.stop(), 0);
}

// --- managed instances ---------------------------------------------------------------------------

class real_rie_managed : public real_rie {
protected:
    void SetUp() override {
        real_rie::SetUp();
        if (IsSkipped())
            return;
        const release::finished tried =
            release::run_to_end(release::joined(in_a_var_of_its_own, {"/bin/true", "/bin/true"}),
                                {"PATH=/usr/bin:/bin"});
        if (tried.exit_code != 0)
            GTEST_SKIP() << "a mount namespace cannot be had here: " << tried.text();
    }

    // Whoever finds no worker idle is refused, and comes again.
    static http_answer invoke_until_taken(const real_emulator& rie, const std::string& event) {
        const auto deadline = release::clock::now() + release::patience;
        while (true) {
            http_answer answer = rie.invoke(event);
            if (answer.status != 400 || release::clock::now() > deadline)
                return answer;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    // So many at once, none of which is answered before all are there. The process of each.
    static std::set<std::string> meet(const real_emulator& rie, int count) {
        std::vector<http_answer> answers(static_cast<std::size_t>(count));
        std::vector<std::thread> callers;
        for (int i = 0; i != count; ++i) {
            callers.emplace_back([&rie, &answers, i, count] {
                answers[static_cast<std::size_t>(i)] =
                    invoke_until_taken(rie, "{\"name\":\"guest " + std::to_string(i) +
                                                "\",\"of\":" + std::to_string(count) + "}");
            });
        }
        for (std::thread& each : callers)
            each.join();
        std::set<std::string> processes;
        for (int i = 0; i != count; ++i) {
            const http_answer& answer = answers[static_cast<std::size_t>(i)];
            EXPECT_EQ(answer.status, 200);
            const std::string begin = "{\"name\":\"guest " + std::to_string(i) + "\",\"process\":";
            EXPECT_THAT(answer.body, testing::StartsWith(begin));
            if (answer.body.size() > begin.size())
                processes.insert(answer.body.substr(begin.size()));
        }
        return processes;
    }
};

TEST_F(real_rie_managed, invocations_overlap_in_one_process) {
    real_emulator rie = real_emulator::managed(
        release::test_program("meeting"), 8,
        {"AWS_LAMBDA_FUNCTION_HANDLER=meet", "AWS_LAMBDA_FUNCTION_TIMEOUT=20"});
    const std::set<std::string> processes = meet(rie, 8);
    EXPECT_EQ(processes.size(), 1U);
    for (int i = 0; i != 20; ++i)
        EXPECT_EQ(meet(rie, 8), processes);
    rie.stop();
    EXPECT_THAT(rie.log(), HasSubstr("REPORT RequestId: "));
}

TEST_F(real_rie_managed, invocations_overlap_on_several_threads) {
    real_emulator rie = real_emulator::managed(release::test_program("meeting"), 4,
                                               {"AWS_LAMBDA_FUNCTION_HANDLER=meet_on_threads",
                                                "THREADS=4", "AWS_LAMBDA_FUNCTION_TIMEOUT=20"});
    EXPECT_EQ(meet(rie, 4).size(), 1U);
    rie.stop();
}

TEST_F(real_rie_managed, an_invocation_that_fails_leaves_the_others_alone) {
    real_emulator rie = real_emulator::managed(release::test_program("meeting"), 4,
                                               {"AWS_LAMBDA_FUNCTION_HANDLER=meet"});
    const http_answer failed = invoke_until_taken(rie, "{}");
    EXPECT_EQ(failed.status, 200);
    EXPECT_THAT(failed.body, HasSubstr("name"));
    EXPECT_NE(failed.header("error-type"), "");
    EXPECT_EQ(meet(rie, 4).size(), 1U);
    rie.stop();
}

} // namespace
