// SPDX-License-Identifier: Apache-2.0
// What spry-emulator writes: --help, and the lines of runtime contract 7.5.
#include "started.hpp"

#include <pty.h>

namespace {

using started::emulator;
using started::strings;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class emulator_help : public started::emulator_program {};

TEST_F(emulator_help, fits_on_one_screen) {
    const release::finished ended = started::run({"--help"});
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_EQ(ended.err, "");
    std::size_t lines = 0;
    for (std::size_t at = 0; at < ended.out.size(); ++lines) {
        const std::size_t end = ended.out.find('\n', at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 80U) << ended.out.substr(at, end - at);
        at = end + 1;
    }
    EXPECT_LE(lines, 40U);
    EXPECT_THAT(ended.out,
                HasSubstr("curl -d '{}' http://localhost:9000/2015-03-31/functions/function/"
                          "invocations\n"));
}

TEST_F(emulator_help, names_every_variable_of_the_emulators_own) {
    const std::string text = started::run({"--help"}).out;
    const std::string variables = text.substr(text.find("\nVariables: "));
    for (const char* const name : {"SPRY_LISTEN", "SPRY_ALLOW_HOST", "SPRY_CORS", "LOG_LEVEL"})
        EXPECT_THAT(variables, HasSubstr(name));
}

// contract_7_2.a_log_level_above_info_does_not_say_where_it_listens has what that does.
TEST_F(emulator_help, says_what_a_log_level_leaves_out) {
    EXPECT_THAT(started::run({"--help"}).out, HasSubstr("warn and above: not where it listens"));
}

TEST_F(emulator_help, says_the_version) {
    EXPECT_THAT(started::run({"--version"}).out, MatchesRegex("spry-emulator [0-9.]+\n"));
}

class contract_7_5 : public started::emulator_program {};

TEST_F(contract_7_5, start_end_and_report_have_the_services_form) {
    emulator local;
    const std::string id = local.invoke("{}").header("x-amzn-requestid");
    local.invoke("{}");
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(),
                HasSubstr("START RequestId: " + id + " Version: $LATEST\nEND RequestId: " + id +
                          "\nREPORT RequestId: " + id + "\tInit Duration: "));
    std::string lines = local.log().substr(local.log().find("START"));
    EXPECT_THAT(lines,
                MatchesRegex("START RequestId: [0-9a-f-]+ Version: .LATEST\nEND RequestId: "
                             "[0-9a-f-]+\nREPORT RequestId: [0-9a-f-]+\tInit Duration: "
                             "[0-9]+\\.[0-9][0-9] ms\tDuration: [0-9]+\\.[0-9][0-9] ms\tBilled "
                             "Duration: [0-9]+ ms\tMemory Size: 3008 MB\tMax Memory Used: "
                             "[0-9]+ MB\t\nSTART RequestId: .*"));
    const std::string second = lines.substr(lines.rfind("REPORT"));
    EXPECT_THAT(second, Not(HasSubstr("Init Duration")));
}

TEST_F(contract_7_5, a_timeout_has_its_line) {
    emulator local({}, {"AWS_LAMBDA_FUNCTION_TIMEOUT=1"});
    const release::http_answer late = local.invoke(R"({"do":"hang"})");
    const std::string id = late.header("x-amzn-requestid");
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), HasSubstr("Z " + id + " Task timed out after 1.00 seconds\n\n"));
    EXPECT_THAT(local.log(), HasSubstr("\tStatus: timeout\t\n"));
}

TEST_F(contract_7_5, nothing_is_coloured_in_a_pipe) {
    emulator local;
    local.invoke(R"({"do":"exit","n":3})");
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), Not(HasSubstr("\033[")));
}

// The fake function's own line, the service's around it, and one of an exit.
std::string log_on_a_terminal(const strings& variables) {
    int terminal = -1;
    const int pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::vector<std::string> environment =
            release::overlaid({"PATH=/bin", "TERM=xterm"}, variables);
        std::vector<char*> pointers;
        for (std::string& each : environment)
            pointers.push_back(each.data());
        pointers.push_back(nullptr);
        ::execle(SPRY_EMULATOR, "spry-emulator", "--listen", "127.0.0.1:0", SPRY_FAKE_FUNCTION,
                 nullptr, pointers.data());
        ::_exit(127);
    }
    const release::descriptor reading(terminal);
    std::string text = release::read_until(
        terminal, release::clock::now() + release::patience,
        [](std::string_view so_far) { return so_far.find("-d '{}'") != so_far.npos; });
    const std::size_t colon = text.find("127.0.0.1:");
    const auto actual = static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 10));
    release::invoke_at(actual, R"({"do":"print","n":1})");
    release::invoke_at(actual, R"({"do":"exit","n":3})");
    ::kill(pid, SIGTERM);
    text += release::read_until(terminal, release::clock::now() + release::patience,
                                [](std::string_view) { return false; });
    int status = -1;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    return text;
}

TEST_F(contract_7_5, the_services_lines_are_coloured_on_a_terminal) {
    const std::string log = log_on_a_terminal({});
    EXPECT_THAT(log, HasSubstr("\033[2mSTART RequestId: "));
    EXPECT_THAT(log, HasSubstr("$LATEST\033[0m\r\nline 0"));
    EXPECT_THAT(log, HasSubstr("\033[31mRequestId: "));
}

TEST_F(contract_7_5, a_terminal_may_refuse_colours) {
    EXPECT_THAT(log_on_a_terminal({"NO_COLOR=1"}), Not(HasSubstr("\033[")));
    EXPECT_THAT(log_on_a_terminal({"TERM=dumb"}), Not(HasSubstr("\033[")));
}

} // namespace
