// SPDX-License-Identifier: Apache-2.0
// What the released `echo` does between exec and its first GET, single-stepped. Counts, no times.
#include "support.hpp"

#include <map>
#include <sstream>

namespace {

using release::child;
using release::clock;
using release::descriptor;

struct start {
    std::map<std::string, long> figures;
    std::string text;
    bool refused = false;

    long at(const char* name) const {
        const auto found = figures.find(name);
        return found == figures.end() ? -1 : found->second;
    }
};

// A Runtime API that accepts and never answers: the kernel completes the connection by itself.
descriptor silent_server(std::uint16_t& port) {
    descriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = release::loopback(0);
    socklen_t size = sizeof address;
    if (listening.get() < 0 ||
        ::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listening.get(), 8) != 0 ||
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        ADD_FAILURE() << "no listening socket: " << std::strerror(errno);
    }
    port = ntohs(address.sin_port);
    return listening;
}

start start_of_echo() {
    std::uint16_t port = 0;
    const descriptor listening = silent_server(port);
    // What Lambda sets for every function, in short.
    child step({release::built("bench/tools/step"), "--quiet", "--seconds", "25", "--",
                release::built("examples/echo/echo")},
               {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + std::to_string(port), "_HANDLER=echo",
                "AWS_LAMBDA_FUNCTION_NAME=echo", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
                "AWS_REGION=eu-central-1", "LANG=en_US.UTF-8", "TZ=:UTC", "PATH=/usr/bin:/bin"},
               [] { return 0; });
    start measured;
    measured.text = release::read_until(step.output(), clock::now() + release::patience,
                                        [](std::string_view) { return false; });
    std::istringstream lines(measured.text);
    std::string name;
    std::string value;
    while (lines >> name >> value) {
        if (name == "stopped_by") {
            EXPECT_EQ(value, "get") << measured.text;
        } else if (name != "call") {
            measured.figures[name] = std::atol(value.c_str());
        }
    }
    const int status = step.wait();
    measured.refused = status == 4;
    EXPECT_TRUE(measured.refused || status == 0) << measured.text;
    return measured;
}

TEST(startup, of_the_released_echo_executes_no_cpuid) {
    const start measured = start_of_echo();
    if (measured.refused)
        GTEST_SKIP() << "this machine refuses ptrace";
    EXPECT_GT(measured.at("instructions"), 0) << measured.text;
    EXPECT_EQ(measured.at("cpuid"), 0) << measured.text;
}

TEST(startup, of_the_released_echo_starts_no_thread_and_no_process) {
    const start measured = start_of_echo();
    if (measured.refused)
        GTEST_SKIP() << "this machine refuses ptrace";
    EXPECT_EQ(measured.at("threads"), 0) << measured.text;
    EXPECT_EQ(measured.at("processes"), 0) << measured.text;
}

TEST(startup, of_the_released_echo_makes_at_most_16_system_calls) {
    const start measured = start_of_echo();
    if (measured.refused)
        GTEST_SKIP() << "this machine refuses ptrace";
    std::printf("from exec to the first GET:\n%s", measured.text.c_str());
    EXPECT_GT(measured.at("syscalls"), 0);
    EXPECT_LE(measured.at("syscalls"), 16);
}

// What cmake/function.ld is for: each further piece is a page fault before the GET.
TEST(startup, of_the_released_echo_executes_code_of_one_piece_of_the_file) {
    const start measured = start_of_echo();
    if (measured.refused)
        GTEST_SKIP() << "this machine refuses ptrace";
    EXPECT_EQ(measured.at("code_pieces"), 1) << measured.text;
}

// The judge itself, by a program whose figures are known to be otherwise: glibc asks the processor.
TEST(startup, the_stepper_sees_what_a_glibc_program_does) {
    child step(
        {release::built("bench/tools/step"), "--quiet", "--until", "exit", "--", "/bin/true"}, {},
        [] { return 0; });
    const std::string text = release::read_until(step.output(), clock::now() + release::patience,
                                                 [](std::string_view) { return false; });
    if (text.find("refuses ptrace") != std::string::npos)
        GTEST_SKIP() << text;
    EXPECT_NE(text.find("stopped_by exit\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("cpuid 0\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("code_pieces 1\n"), std::string::npos) << text;
    EXPECT_NE(text.find("call exit_group\n"), std::string::npos) << text;
}

} // namespace
