// SPDX-License-Identifier: Apache-2.0
// runtime-contract 8.4: aws::logging.
#include <aws/logging/logging.h>

#include "drop_in/logging_at.hpp"
#include "support/captured_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace {

using aws::logging::verbosity;
using spry::tests::captured_output;
using testing::MatchesRegex;

void log_at(verbosity v, const char* tag, const char* msg, ...) {
    va_list args;
    va_start(args, msg);
    aws::logging::log(v, tag, msg, args);
    va_end(args);
}

TEST(contract_8_4, a_line_has_a_prefix_the_time_the_tag_and_the_text) {
    captured_output output;
    log_at(verbosity::error, "TAG", "%d and %s", 5, "text");
    log_at(verbosity::info, "TAG", "plain");
    log_at(verbosity::debug, "TAG", "%%");
    EXPECT_THAT(output.finish(), MatchesRegex("\\[ERROR\\] \\[[0-9]+\\] TAG 5 and text\n"
                                              "\\[INFO\\] \\[[0-9]+\\] TAG plain\n"
                                              "\\[DEBUG\\] \\[[0-9]+\\] TAG %\n"));
}

TEST(contract_8_4, the_time_is_in_milliseconds_since_the_epoch) {
    const auto now = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    const auto before = now();
    captured_output output;
    log_at(verbosity::error, "TAG", "text");
    const std::string line = output.finish();
    const long long logged = std::atoll(line.c_str() + line.find('[', 1) + 1);
    EXPECT_GE(logged, before);
    EXPECT_LE(logged, now());
}

TEST(contract_8_4, a_line_is_flushed_behind_what_the_user_has_printed) {
    captured_output output;
    std::printf("printed\n");
    log_at(verbosity::error, "TAG", "text");
    // Read without closing or flushing anything.
    char bytes[64] = {};
    EXPECT_GT(::pread(STDOUT_FILENO, bytes, sizeof bytes - 1, 0), 0);
    EXPECT_THAT(std::string{bytes}, MatchesRegex("printed\n\\[ERROR\\] \\[[0-9]+\\] TAG text\n"));
}

TEST(contract_8_4, a_text_of_any_length_is_whole) {
    captured_output output;
    const std::string text(100'000, 'x');
    log_at(verbosity::error, "TAG", "%s", text.c_str());
    EXPECT_NE(output.finish().find(" TAG " + text + "\n"), std::string::npos);
}

TEST(contract_8_4, log_error_is_always_on_log_info_from_1_log_debug_from_2) {
    captured_output by_default;
    drop_in::log_all_by_default();
    EXPECT_THAT(by_default.finish(), MatchesRegex("\\[ERROR\\] \\[[0-9]+\\] tag error 1\n"));
    captured_output at_1;
    drop_in::log_all_at_1();
    EXPECT_THAT(at_1.finish(), MatchesRegex("\\[ERROR\\] \\[[0-9]+\\] tag error 1\n"
                                            "\\[INFO\\] \\[[0-9]+\\] tag info two\n"));
    captured_output at_2;
    drop_in::log_all_at_2();
    EXPECT_THAT(at_2.finish(), MatchesRegex("\\[ERROR\\] \\[[0-9]+\\] tag error 1\n"
                                            "\\[INFO\\] \\[[0-9]+\\] tag info two\n"
                                            "\\[DEBUG\\] \\[[0-9]+\\] tag debug 3\n"));
}

} // namespace
