// SPDX-License-Identifier: Apache-2.0
// What a released function says when it cannot go on, and what can be made of it.
#include "local_function.hpp"

namespace {

using release::http_answer;
using release::strings;
using testing::HasSubstr;

struct crash {
    const char* how;
    int exit_code;
    const char* headline;
    const char* function; ///< in the stack
    friend void PrintTo(const crash& one, std::ostream* out) { *out << one.how; }
};

class crash_record : public release::leaves_no_process,
                     public testing::WithParamInterface<crash> {};

INSTANTIATE_TEST_SUITE_P(
    release, crash_record,
    testing::Values(crash{"segv", 139, "SIGSEGV, invalid memory access at address 0x10;",
                          "read_through"},
                    crash{"overflow", 139, "the stack has probably overflowed in 0x", "recurse"},
                    crash{"abort", 134, "SIGABRT, aborted;", "misbehave"},
                    crash{"terminate", 134, "std::terminate without an exception;", "misbehave"},
                    crash{"break_a_promise", 134, "shop::out_of_stock: only 3 left of \"tea\";",
                          "break_a_promise"}),
    [](const auto& each) { return std::string(each.param.how); });

std::string symbolized(const std::string& report) {
    const release::memory_file file;
    EXPECT_EQ(::write(file.get(), report.data(), report.size()),
              static_cast<ssize_t>(report.size()));
    const std::string path =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get());
    const release::finished ended = release::run_to_end(
        {SPRY_SOURCE_DIR "/dev", "symbolize", release::test_program("misbehaving"), path},
        release::inherited_environment());
    EXPECT_EQ(ended.exit_code, 0) << ended.text();
    return ended.out;
}

TEST_P(crash_record, is_one_line_that_names_what_for_whom_and_where) {
    release::local_function function(release::test_program("misbehaving"));
    const http_answer answer = function.invoke(std::string(R"({"how":")") + GetParam().how + "\"}");
    EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled");
    EXPECT_THAT(answer.body, HasSubstr("exit status " + std::to_string(GetParam().exit_code)));

    const std::string& log = function.log_with("build id");
    const std::size_t begin = log.find("spry: crashed: ");
    ASSERT_NE(begin, std::string::npos) << log;
    const std::string record = log.substr(begin, log.find('\n', begin) - begin);
    EXPECT_EQ(log.find("spry: crashed: ", begin + 1), std::string::npos) << log;
    EXPECT_THAT(record, HasSubstr(GetParam().headline));
    EXPECT_THAT(record, HasSubstr("; request " + answer.header("x-amzn-requestid") + ";"));
    const std::string lines = symbolized(record);
    EXPECT_THAT(lines, HasSubstr(GetParam().function));
    EXPECT_THAT(lines, HasSubstr("misbehaving.cpp:"));
    EXPECT_EQ(function.stop(), 0);
}

class throw_site : public release::leaves_no_process {};

TEST_F(throw_site, is_the_stack_trace_of_an_error_document) {
    release::local_function function(release::test_program("misbehaving"));
    const http_answer answer = function.invoke(R"({"how":"throw_nested"})");
    const std::string lines = symbolized(answer.body);
    EXPECT_THAT(answer.body, HasSubstr(R"("errorMessage":"the order cannot be taken")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("cause":{"errorMessage":"only 3 left)"));
    EXPECT_THAT(lines, HasSubstr("rethrow_as_a_consequence"));
    EXPECT_THAT(lines, HasSubstr("misbehaving.cpp:"));
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(throw_site, of_another_build_is_refused_by_name) {
    const release::finished ended = release::run_to_end(
        {SPRY_SOURCE_DIR "/dev", "symbolize", release::example("hello"), "/dev/null"},
        release::inherited_environment());
    EXPECT_EQ(ended.exit_code, 0) << ended.text();
    const release::memory_file file;
    const std::string report = "build id 0123456789abcdef";
    EXPECT_EQ(::write(file.get(), report.data(), report.size()),
              static_cast<ssize_t>(report.size()));
    const std::string path =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get());
    const release::finished refused =
        release::run_to_end({SPRY_SOURCE_DIR "/dev", "symbolize", release::example("hello"), path},
                            release::inherited_environment());
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("the report is of build 0123456789abcdef"));
}

} // namespace
