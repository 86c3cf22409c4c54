// SPDX-License-Identifier: Apache-2.0
// Our functions behind the Runtime API of `cargo lambda watch` (runtime contract 10): its address
// has a scheme and a path, events have no Content-Type and a duration for a deadline, and posts are
// acknowledged with 200 and nothing more. Other C++ and Python clients crash behind it.
#include "release/local_function.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace {

namespace fs = std::filesystem;
using release::http_answer;
using release::strings;
using testing::HasSubstr;

std::string emulator() {
    return SPRY_SOURCE_DIR "/.deps/peers/cargo-lambda/bin/cargo-lambda";
}

// The emulator alone, on a free loopback port. It asks cargo about the project in its folder, and
// builds nothing, since functions come by themselves.
class cargo_lambda {
public:
    explicit cargo_lambda(const fs::path& project)
        : port_(release::free_port()),
          process_({emulator(), "lambda", "watch", "--only-lambda-apis", "--ignore-changes",
                    "--invoke-address", "127.0.0.1", "--invoke-port", std::to_string(port_)},
                   release::inherited_environment(), [&project] {
                       return ::chdir(project.c_str()) == 0 ? release::die_with_parent() : 1;
                   }) {
        const auto deadline = release::clock::now() + release::patience;
        while (release::dial(port_).get() < 0) {
            if (release::clock::now() > deadline) {
                ADD_FAILURE() << "cargo-lambda does not listen";
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    /// What a function is told.
    std::string runtime_api() const {
        return "AWS_LAMBDA_RUNTIME_API=http://127.0.0.1:" + std::to_string(port_) + "/.rt";
    }

    /// A function that was started by itself is known as "_".
    http_answer invoke(std::string_view event) const {
        return post("/2015-03-31/functions/_/invocations", event);
    }
    http_answer post(std::string_view path, std::string_view body) const {
        const release::descriptor connected = release::dial(port_);
        release::send_all(connected.get(),
                          "POST " + std::string(path) +
                              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                              "Content-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
        return release::parse_answer(release::read_until(connected.get(),
                                                         release::clock::now() + release::patience,
                                                         [](std::string_view) { return false; }));
    }

private:
    std::uint16_t port_;
    release::child process_;
};

class real_cargo_lambda : public release::leaves_no_process {
protected:
    void SetUp() override {
        leaves_no_process::SetUp();
        if (!fs::exists(emulator()))
            GTEST_SKIP() << "cargo-lambda is not installed: ./dev setup --peers cargo-lambda";
        project_ = testing::TempDir() + "spry-project-XXXXXX";
        ASSERT_NE(::mkdtemp(project_.data()), nullptr);
        std::ofstream(project_ + "/Cargo.toml")
            << "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2021\"\n";
        fs::create_directory(project_ + "/src");
        std::ofstream(project_ + "/src/main.rs") << "fn main() {}\n";
        emulator_.emplace(project_);
    }
    void TearDown() override {
        function_.reset();
        emulator_.reset();
        if (!project_.empty())
            fs::remove_all(project_);
        leaves_no_process::TearDown();
    }

    void start(const strings& command) {
        function_.emplace(command, strings{emulator_->runtime_api(), "PATH=/usr/bin:/bin"},
                          release::die_with_parent);
    }
    void expect_answer(std::string_view event, std::string_view body) {
        const http_answer answer = emulator_->invoke(event);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, body);
    }

    std::string project_;
    std::optional<cargo_lambda> emulator_;
    std::optional<release::child> function_;
};

TEST_F(real_cargo_lambda, runs_hello_event_after_event) {
    start({release::example("hello")});
    expect_answer("{}", R"({"hello":"world"})");
    for (int i = 0; i != 20; ++i) {
        const std::string name = std::to_string(i);
        expect_answer("{\"name\":\"" + name + "\"}", "{\"hello\":\"" + name + "\"}");
    }
}

TEST_F(real_cargo_lambda, runs_echo_with_small_and_large_events) {
    start({release::example("echo")});
    for (const std::string& event : {std::string("1"), "\"" + std::string(100'000, 'x') + "\"",
                                     "\"" + std::string(6'000'000, 'y') + "\"", std::string("2")})
        expect_answer(event, event);
}

TEST_F(real_cargo_lambda, reports_what_fails_and_goes_on) {
    start({release::example("hello")});
    expect_answer(R"({"name":"before"})", R"({"hello":"before"})");
    const http_answer failed = emulator_->invoke(R"({"name":5})");
    EXPECT_EQ(failed.status, 500);
    EXPECT_THAT(failed.body, HasSubstr(R"("errorType":"spry::event_mismatch")"));
    EXPECT_THAT(failed.body, HasSubstr("at .name: expected a string, found a number"));
    expect_answer(R"({"name":"after"})", R"({"hello":"after"})");
}

TEST_F(real_cargo_lambda, reports_a_thrown_exception) {
    start({release::test_program("misbehaving")});
    const http_answer thrown = emulator_->invoke(R"({"how":"throw"})");
    EXPECT_EQ(thrown.status, 500);
    EXPECT_THAT(thrown.body, HasSubstr(R"("errorMessage":"only 3 left of \"tea\"")"));
    EXPECT_EQ(emulator_->invoke(R"({"how":"answer"})").status, 200);
}

// Its deadline of 600000 is ten minutes from now, and none that has passed in 1970.
TEST_F(real_cargo_lambda, takes_its_deadline_for_a_duration) {
    start({release::example("multi"), "delay"});
    expect_answer(R"({"milliseconds":10})", R"({"waited":10})");
}

} // namespace
