// SPDX-License-Identifier: Apache-2.0
// What a released function says when it cannot go on, and what can be made of it.
#include "local_function.hpp"
#include "symbolized.hpp"

#include <fstream>
#include <string>

namespace {

using release::http_answer;
using release::strings;
using release::symbolized;
using testing::HasSubstr;

struct crash {
    const char* how;
    int exit_code;
    const char* headline;
    const char* place; ///< "here: ..." in misbehaving.cpp, of the innermost frame of the program's
    friend void PrintTo(const crash& one, std::ostream* out) { *out << one.how; }
};

// The line of misbehaving.cpp that the innermost of its frames names in a symbolized report.
std::string innermost_line(const std::string& report) {
    constexpr std::string_view file = "misbehaving.cpp:";
    const std::size_t at = report.find(file);
    if (at == report.npos)
        return "(no frame of " + report + ")";
    const int number = std::atoi(report.c_str() + at + file.size());
    std::ifstream source(SPRY_SOURCE_DIR "/tests/programs/misbehaving.cpp");
    std::string line;
    for (int i = 0; i != number; ++i)
        std::getline(source, line);
    return line;
}

class crash_record : public release::leaves_no_process,
                     public testing::WithParamInterface<crash> {};

class crash_record_alone : public release::leaves_no_process {};

INSTANTIATE_TEST_SUITE_P(
    release, crash_record,
    testing::Values(
        crash{"segv", 139, "SIGSEGV, invalid memory access at address 0x10;", "segv"},
        crash{"null_call", 139, "SIGSEGV, invalid memory access at address 0x0;", "null_call"},
        crash{"overflow", 139, "the stack has probably overflowed;", "overflow"},
        crash{"bus", 135, "SIGBUS, memory that cannot be had at address 0x", "bus"},
        crash{"fpe", 136, "SIGFPE, invalid arithmetic at address 0x", "fpe"},
        crash{"ill", 132, "SIGILL, invalid instruction at address 0x", "ill"},
        crash{"abort", 134, "SIGABRT, aborted;", "abort"},
        crash{"terminate", 134, "std::terminate without an exception;", "terminate"},
        crash{"break_a_promise", 134, "shop::out_of_stock: only 3 left of \"tea\";", "throw"},
        crash{"break_a_promise_with_text", 134, ": two lines   \xEF\xBF\xBD;", "throw_that"},
        crash{"break_a_promise_of_memory", 134, "std::bad_alloc", "allocate"}),
    [](const auto& each) { return std::string(each.param.how); });

// The one record of the log.
std::string record_of(release::local_function& function) {
    const std::string& log = function.log_with("build id");
    const std::size_t begin = log.find("spry: crashed: ");
    if (begin == std::string::npos) {
        ADD_FAILURE() << log;
        return "";
    }
    EXPECT_EQ(log.find("spry: crashed: ", begin + 1), std::string::npos) << log;
    return log.substr(begin, log.find('\n', begin) - begin);
}

// runtime-contract 1.9, 11.6
TEST_P(crash_record, is_one_line_that_names_what_for_whom_and_where) {
    release::local_function function(release::test_program("misbehaving"));
    const http_answer answer = function.invoke(std::string(R"({"how":")") + GetParam().how + "\"}");
    EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled");
    EXPECT_THAT(answer.body, HasSubstr("exit status " + std::to_string(GetParam().exit_code)));

    const std::string record = record_of(function);
    EXPECT_THAT(record, HasSubstr(GetParam().headline));
    EXPECT_THAT(record, HasSubstr("; request " + answer.header("x-amzn-requestid") + ";"));
    EXPECT_THAT(innermost_line(symbolized(record)),
                testing::EndsWith(std::string{"// here: "} + GetParam().place));
    EXPECT_EQ(function.stop(), 0);
}

// An exception whose what() reads through a bad pointer, when it is the last one.
TEST_F(crash_record_alone, ends_with_a_crash_of_its_own) {
    release::local_function function(release::test_program("misbehaving"));
    const http_answer answer = function.invoke(R"({"how":"break_a_promise_with_broken"})");
    EXPECT_THAT(answer.body, HasSubstr("exit status 134"));
    const std::string record = record_of(function);
    EXPECT_THAT(record, HasSubstr("::broken; and SIGSEGV, invalid memory access, while this was "
                                  "written; request " +
                                  answer.header("x-amzn-requestid")));
    EXPECT_EQ(function.stop(), 0);
}

// Which of the two threads' workers an event goes to is chance.
TEST_F(crash_record_alone, is_written_where_another_thread_overflows_its_stack) {
    release::local_function function(release::test_program("misbehaving"), {},
                                     {"AWS_LAMBDA_MAX_CONCURRENCY=2"});
    const std::string event = R"({"how":"overflow_on_another_thread"})";
    constexpr int tries_max = 100;
    http_answer answer = function.invoke(event);
    for (int i = 1; i != tries_max && answer.header("x-amz-function-error").empty(); ++i)
        answer = function.invoke(event);
    EXPECT_THAT(answer.body, HasSubstr("exit status 139"));
    const std::string record = record_of(function);
    EXPECT_THAT(record, HasSubstr("the stack has probably overflowed; request " +
                                  answer.header("x-amzn-requestid") + ";"));
    EXPECT_THAT(innermost_line(symbolized(record)), testing::EndsWith("// here: overflow"));
    EXPECT_EQ(function.stop(), 0);
}

TEST_F(crash_record_alone, is_none_for_memory_that_cannot_be_had) {
    release::local_function function(release::test_program("misbehaving"));
    const http_answer answer = function.invoke(R"({"how":"throw_bad_alloc"})");
    EXPECT_THAT(answer.body, HasSubstr(R"("errorType":"std::bad_alloc")"));
    EXPECT_THAT(function.invoke(R"({"how":"answer"})").body, HasSubstr("process"));
    EXPECT_EQ(function.stop(), 0);
    EXPECT_THAT(function.log(), testing::Not(HasSubstr("spry: crashed: ")));
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

TEST_F(throw_site, is_found_line_by_line) {
    release::local_function function(release::test_program("misbehaving"));
    const http_answer answer = function.invoke(R"({"how":"throw"})");
    EXPECT_EQ(function.stop(), 0);
    const std::string lines = symbolized(answer.body + "\n0x1234567 of nothing\n");
    EXPECT_THAT(innermost_line(lines), testing::EndsWith("// here: throw"));
    // Below the line that names it, and nothing below a line without a build.
    EXPECT_EQ(lines.find(answer.body + "\n    0x"), 0u) << lines;
    EXPECT_TRUE(lines.ends_with("\n0x1234567 of nothing\n")) << lines;
}

TEST_F(throw_site, of_another_build_is_refused_by_name) {
    const auto symbolize = [](const std::string& program, const std::string& report) {
        const release::memory_file file;
        EXPECT_EQ(::write(file.get(), report.data(), report.size()),
                  static_cast<ssize_t>(report.size()));
        return release::run_to_end(
            {SPRY_SOURCE_DIR "/dev", "symbolize", program,
             "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get())},
            release::inherited_environment());
    };
    EXPECT_EQ(symbolize(release::example("hello"), "").exit_code, 0);
    const release::finished refused =
        symbolize(release::example("hello"), "build id 0123456789abcdef");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("the report is of another build than "));
    EXPECT_THAT(refused.err, HasSubstr("): 0123456789abcdef\n"));
    const release::finished no_program = symbolize(SPRY_SOURCE_DIR "/README.md", "");
    EXPECT_EQ(no_program.exit_code, 1);
    EXPECT_THAT(no_program.err, HasSubstr("is no program with a build id"));
}

} // namespace
