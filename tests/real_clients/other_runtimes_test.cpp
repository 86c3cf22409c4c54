// SPDX-License-Identifier: Apache-2.0
// Other languages' runtimes behind spry-emulator: each answers, fails, is too slow and crashes.
#include "event_stream_reader.hpp"
#include "release/local_function.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using release::http_answer;
using release::local_function;
using release::strings;
using testing::HasSubstr;

class other_runtime : public release::leaves_no_process {
protected:
    static inline const fs::path peers = SPRY_SOURCE_DIR "/.deps/peers";
    static inline const std::string handlers = SPRY_SOURCE_DIR "/tests/real_clients";

    static std::string emulator() { return release::built("emulator/spry-emulator"); }
    // That with which its client was compiled.
    static std::string node() {
        const fs::path pinned = peers / "node-toolchain/tools/node";
        return fs::exists(pinned) ? pinned.string() : "/usr/bin/node";
    }
    // A second for each invocation.
    static strings variables(const strings& more = {}) {
        return release::overlaid(
            {"AWS_LAMBDA_FUNCTION_TIMEOUT=1", "PYTHONDONTWRITEBYTECODE=1", "HOME=/nonexistent"},
            more);
    }
    static void expect_failed(const http_answer& answer, const std::string& part) {
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled");
        EXPECT_THAT(answer.body, HasSubstr(part));
    }

    // A function that does what tests/real_clients/behaving.* do.
    static void expect_behaviour(local_function& function) {
        const auto answers = [&] {
            const http_answer answer = function.invoke(R"({"how":"answer"})");
            EXPECT_EQ(answer.status, 200);
            EXPECT_EQ(answer.header("x-amz-function-error"), "");
            EXPECT_THAT(answer.body, HasSubstr(answer.header("x-amzn-requestid")));
        };
        answers();
        expect_failed(function.invoke(R"({"how":"fail"})"), "as asked");
        answers();
        expect_failed(function.invoke(R"({"how":"exit"})"), "exit status 3");
        answers();
        expect_failed(function.invoke(R"({"how":"hang"})"), "Task timed out after 1.00 seconds");
        answers();
        EXPECT_EQ(function.stop(), 0);
    }

    // The process that the emulator runs now, or 0.
    static pid_t process_of(const local_function& function) {
        const std::string pid = std::to_string(function.pid());
        std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
        pid_t child = 0;
        list >> child;
        return child;
    }

    // Stops the process once it has asked for its next event, behind so many invocations.
    static pid_t stop_process(local_function& function, int invocations) {
        function.log_with("REPORT RequestId", invocations);
        const pid_t process = process_of(function);
        ::kill(process, SIGSTOP);
        return process;
    }

    // Of 300,000 bytes "x" in writes of 1,000, behind a prelude that has no such letter. Counted in
    // the payloads: a sum of the event stream may have its byte.
    static void expect_stream(local_function& function) {
        const http_answer answer = release::ask(function.port(), "POST", release::stream_path, {},
                                                R"({"bytes":300000,"write":1000})");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.header("content-type"), "application/vnd.amazon.eventstream");
        const auto messages = spry_test::read_event_stream(answer.body);
        ASSERT_TRUE(messages && !messages->empty());
        std::ptrdiff_t count = 0;
        for (const spry_test::event_stream_message& each : *messages)
            count += std::count(each.payload.begin(), each.payload.end(), 'x');
        EXPECT_EQ(count, 300'000);
        EXPECT_EQ(messages->back().headers.at(":event-type"), "InvokeComplete");
        EXPECT_EQ(messages->back().payload, "{}");
        EXPECT_EQ(function.stop(), 0);
    }

    // A function that echoes, and ends or stands still from outside.
    static void expect_echo(const std::string& program) {
        local_function function(emulator(), {program, "echo"}, variables());
        EXPECT_EQ(function.invoke(R"({"a":1})").body, R"({"a":1})");
        stop_process(function, 1);
        expect_failed(function.invoke("1"), "Task timed out after 1.00 seconds");
        EXPECT_EQ(function.invoke("2").body, "2");
        const pid_t process = stop_process(function, 3);
        std::thread killer([&] {
            function.log_with("START RequestId", 4);
            ::kill(process, SIGKILL);
        });
        expect_failed(function.invoke("3"), "signal: killed");
        killer.join();
        EXPECT_EQ(function.invoke("4").body, "4");
        EXPECT_EQ(function.stop(), 0);
    }
};

TEST_F(other_runtime, python_behaves) {
    const std::string python = (peers / "python/bin/python").string();
    if (!fs::exists(python))
        GTEST_SKIP() << "awslambdaric is not installed: ./dev setup --peers python";
    local_function function(emulator(), {python, "-m", "awslambdaric", "behaving.handler"},
                            variables({"PYTHONPATH=" + handlers}));
    expect_behaviour(function);
}

TEST_F(other_runtime, node_behaves) {
    const fs::path client = peers / "node/node_modules/aws-lambda-ric";
    if (!fs::exists(client / "rapid-client.node") && !fs::exists(client / "build/Release"))
        GTEST_SKIP() << "aws-lambda-ric is not installed: ./dev setup --peers node";
    local_function function(emulator(),
                            {node(), (client / "index.mjs").string(), "behaving.handler"},
                            variables({"LAMBDA_TASK_ROOT=" + handlers}));
    expect_behaviour(function);
    local_function streams(emulator(), {node(), (client / "index.mjs").string(), "stream.handler"},
                           variables({"LAMBDA_TASK_ROOT=" SPRY_SOURCE_DIR "/bench/peers/node"}));
    expect_stream(streams);
}

TEST_F(other_runtime, node_answers_browsers) {
    const fs::path client = peers / "node/node_modules/aws-lambda-ric";
    if (!fs::exists(client / "rapid-client.node") && !fs::exists(client / "build/Release"))
        GTEST_SKIP() << "aws-lambda-ric is not installed: ./dev setup --peers node";
    const auto with = [&client](const char* handler) {
        return strings{"--http", node(), (client / "index.mjs").string(), handler};
    };
    const strings here = variables({"LAMBDA_TASK_ROOT=" + handlers});
    local_function stream(emulator(), with("http.stream"), here);
    const http_answer page = release::ask(stream.port(), "GET", "/a%20b?name=you");
    EXPECT_EQ(page.status, 201);
    EXPECT_EQ(page.header("x-path"), "/a%20b");
    EXPECT_EQ(page.header("set-cookie"), "a=b; Path=/");
    EXPECT_EQ(page.header("content-type"), "text/plain");
    EXPECT_EQ(page.body, "for you");
    EXPECT_EQ(stream.stop(), 0);

    local_function answer(emulator(), with("http.answer"), here);
    const http_answer form =
        release::ask(answer.port(), "POST", "/", "User-Agent: test\r\n", "a=1");
    EXPECT_EQ(form.status, 203);
    EXPECT_EQ(form.header("x-agent"), "test");
    EXPECT_EQ(form.body, "a=1");
    EXPECT_EQ(answer.stop(), 0);
}

TEST_F(other_runtime, go_behaves) {
    const std::string program = (peers / "go/function").string();
    if (!fs::exists(program))
        GTEST_SKIP() << "the Go function is not built: ./dev setup --peers go";
    expect_echo(program);
    local_function failing(emulator(), {program, "stream"}, variables());
    expect_failed(failing.invoke("[]"), "cannot unmarshal");
    EXPECT_EQ(failing.stop(), 0);
    local_function crashing(emulator(), {program, "nothing"}, variables()); // log.Fatal in main
    expect_failed(crashing.invoke("1"), "Runtime exited with error: exit status 1");
    EXPECT_EQ(crashing.stop(), 0);
}

TEST_F(other_runtime, rust_behaves) {
    const std::string program = (peers / "rust/function").string();
    if (!fs::exists(program))
        GTEST_SKIP() << "the Rust function is not built: ./dev setup --peers rust";
    expect_echo(program);
    local_function failing(emulator(), {program, "stream"}, variables());
    expect_failed(failing.invoke("[]"), "failed to deserialize");
    EXPECT_EQ(failing.stop(), 0);
    local_function streams(emulator(), {program, "stream"}, variables());
    expect_stream(streams);
}

TEST_F(other_runtime, cpp_behaves) {
    const std::string program = (peers / "cpp/function").string();
    if (!fs::exists(program))
        GTEST_SKIP() << "the function of AWS's C++ runtime is not built: ./dev setup --peers cpp";
    local_function function(emulator(), {program, "behave"}, variables());
    expect_behaviour(function);
    expect_echo(program);
}

TEST_F(other_runtime, sprys_own_behaves) {
    local_function function(emulator(), {release::test_program("misbehaving")}, variables());
    EXPECT_THAT(function.invoke(R"({"how":"answer"})").body, HasSubstr("\"process\":"));
    expect_failed(function.invoke(R"({"how":"throw_text"})"), "a plain text");
    expect_failed(function.invoke(R"({"how":"exit_3"})"), "exit status 3");
    EXPECT_EQ(function.stop(), 0);
    local_function slow(emulator(), {release::example("multi"), "delay"}, variables());
    expect_failed(slow.invoke(R"({"milliseconds":60000})"), "the deadline is too near");
    EXPECT_EQ(slow.stop(), 0);
}

} // namespace
