// SPDX-License-Identifier: Apache-2.0
// The emulator's small parts: identifiers, report lines, error documents, memory figures.
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/peak_memory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using spry::emulator::function_program;
using spry::emulator::invocation_report;
using spry::emulator::report_line;

TEST(identifiers, are_random_uuids) {
    const std::string id = spry::emulator::make_request_id();
    EXPECT_THAT(id,
                testing::MatchesRegex("[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
    EXPECT_EQ(id.size(), 36U);
    EXPECT_NE(id, spry::emulator::make_request_id());
}

TEST(identifiers, make_trace_ids_of_the_time) {
    const std::chrono::system_clock::time_point when{std::chrono::seconds{0x5759e988}};
    const std::string id = spry::emulator::make_trace_id(when);
    EXPECT_THAT(id, testing::MatchesRegex("Root=1-5759e988-[0-9a-f]+;Parent=[0-9a-f]+;Sampled=0"));
    EXPECT_EQ(id.size(), 74U);
}

TEST(report_line, has_lambdas_fields) {
    invocation_report report;
    report.duration = 1'234'567ns;
    report.memory_size_mib = 128;
    report.max_memory_used_kib = 2049;
    EXPECT_EQ(report_line("id", report),
              "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 2 ms\t"
              "Memory Size: 128 MB\tMax Memory Used: 3 MB\t");
    report.init_duration = 20ms;
    report.max_memory_used_kib = std::nullopt;
    report.status = "timeout";
    EXPECT_EQ(report_line("id", report),
              "REPORT RequestId: id\tInit Duration: 20.00 ms\tDuration: 1.23 ms\t"
              "Billed Duration: 2 ms\tMemory Size: 128 MB\tStatus: timeout\t");
}

TEST(report_line, rounds_to_hundredths) {
    EXPECT_EQ(spry::emulator::milliseconds_text(0ns), "0.00");
    EXPECT_EQ(spry::emulator::milliseconds_text(4'999ns), "0.00");
    EXPECT_EQ(spry::emulator::milliseconds_text(5'000ns), "0.01");
    EXPECT_EQ(spry::emulator::milliseconds_text(99'996us), "100.00");
    EXPECT_EQ(spry::emulator::seconds_text(3s), "3.00");
    EXPECT_EQ(spry::emulator::seconds_text(1250ms), "1.25");
}

TEST(peak_memory, is_read_from_proc) {
    using spry::emulator::number_behind;
    EXPECT_EQ(number_behind("VmHWM:", "VmPeak:\t  9 kB\nVmHWM:\t    5120 kB\n"), 5120U);
    EXPECT_EQ(number_behind("oom_kill ", "oom 1\noom_kill 3\noom_group_kill 0\n"), 3U);
    EXPECT_EQ(number_behind("VmHWM:", "VmHWM: 7 kB"), 7U);
    EXPECT_EQ(number_behind("VmHWM:", "VmPeak:\t 9 kB\n"), std::nullopt);
    EXPECT_EQ(number_behind("VmHWM:", "not VmHWM: 9 kB\n"), std::nullopt);
    EXPECT_EQ(number_behind("VmHWM:", "VmHWM:"), std::nullopt);
    spry::emulator::peak_memory memory;
    EXPECT_EQ(memory.kib(), std::nullopt);
    memory.watch(::getpid());
    EXPECT_GT(memory.kib().value_or(0), 100U);
    memory.watch(-1); // of a process that is gone the last figure stands
    EXPECT_GT(memory.kib().value_or(0), 100U);
    memory.note(17);
    EXPECT_EQ(memory.kib(), 17U);
}

TEST(emulator_error_document, leaves_a_member_out_of_an_object) {
    using spry::emulator::without_member;
    EXPECT_EQ(without_member(R"({"a":1,"b":{"c":[1,"},{"]},"d":"x"})", "b"), R"({"a":1,"d":"x"})");
    EXPECT_EQ(without_member(R"( { "b" : "\"," , "a" : "b" } )", "b"), R"({"a" : "b"})");
    EXPECT_EQ(without_member(R"({"\u0062":1,"a":2})", "b"), R"({"a":2})");
    EXPECT_EQ(without_member(R"({"b":1})", "b"), "{}");
    EXPECT_EQ(without_member(R"({})", "b"), "{}");
    EXPECT_EQ(without_member(R"({"bb":1,"a":{"b":2}})", "b"), R"({"bb":1,"a":{"b":2}})");
    EXPECT_EQ(without_member("[1]", "b"), std::nullopt);
    EXPECT_EQ(without_member("{\"a\":", "b"), std::nullopt);
    EXPECT_EQ(without_member("", "b"), std::nullopt);
}

TEST(emulator_error_document, says_how_a_runtime_ended) {
    using spry::emulator::exit_message;
    EXPECT_EQ(exit_message({false, 3, 0}), "Runtime exited with error: exit status 3");
    EXPECT_EQ(exit_message({false, 0, 0}), "Runtime exited without providing a reason");
    EXPECT_EQ(exit_message({true, 9, 0}), "Runtime exited with error: signal: killed");
}

TEST(function_program, keeps_the_environment_and_adds_lambdas_variables) {
    function_program program;
    program.environment = {"A=1", "AWS_LAMBDA_RUNTIME_API=", "AWS_LAMBDA_FUNCTION_VERSION=7",
                           "AWS_LAMBDA_FUNCTION_HANDLER=greet", "_HANDLER=other"};
    EXPECT_THAT(spry::emulator::function_environment(program, spry::io::address::loopback_v4(1234)),
                testing::UnorderedElementsAre("A=1", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1234",
                                              "AWS_LAMBDA_FUNCTION_VERSION=7",
                                              "AWS_LAMBDA_FUNCTION_HANDLER=greet", "_HANDLER=greet",
                                              "AWS_LAMBDA_FUNCTION_NAME=test_function",
                                              "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=3008",
                                              "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
                                              "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/Functions",
                                              "AWS_LAMBDA_LOG_STREAM_NAME=$LATEST"));
}

TEST(function_program, has_an_arn_in_its_region) {
    function_program program;
    EXPECT_EQ(spry::emulator::function_arn(program),
              "arn:aws:lambda:us-east-1:012345678912:function:test_function");
    program.environment = {"AWS_DEFAULT_REGION=eu-central-1"};
    EXPECT_EQ(spry::emulator::function_arn(program),
              "arn:aws:lambda:eu-central-1:012345678912:function:test_function");
}

} // namespace
