// SPDX-License-Identifier: Apache-2.0
// --functions: several functions and their settings, from a file.
#include "started.hpp"

namespace {

using release::http_answer;
using started::folder;
using started::strings;
using testing::HasSubstr;

class functions_file : public started::emulator_program {
protected:
    static http_answer invoke(const release::local_function& local, const std::string& name,
                              std::string_view event) {
        return release::ask(local.port(), "POST", "/2015-03-31/functions/" + name + "/invocations",
                            {}, event);
    }
    static std::string variable(const release::local_function& local, const std::string& function,
                                const std::string& name) {
        return invoke(local, function, R"({"do":"env","name":")" + name + "\"}").body;
    }
    static void expect_refusal(const std::string& text, const std::string& part) {
        const folder here;
        const std::string path = here.file("functions.json", text, false);
        const release::finished ended = started::run({"--functions", path, SPRY_FAKE_FUNCTION});
        EXPECT_EQ(ended.exit_code, 1) << text;
        EXPECT_EQ(ended.out, "");
        EXPECT_TRUE(release::is_one_line(ended.err)) << ended.text();
        EXPECT_THAT(ended.err, HasSubstr("spry: " + path + ": "));
        EXPECT_THAT(ended.err, HasSubstr(part));
    }
};

TEST_F(functions_file, gives_each_function_its_own_settings) {
    const folder here;
    std::filesystem::create_symlink(SPRY_FAKE_FUNCTION, here.path() / "fake");
    const std::string path = here.file("functions.json", R"({"functions": [
        {"name": "first", "command": ["./fake", "ready", "first.handler"], "timeout": 7,
         "memory": 128, "environment": {"COLOUR": "red"}},
        {"name": "second", "handler": "second.handler"},
        {"name": "third"}]})",
                                       false);
    release::local_function local(SPRY_EMULATOR, {"--functions", path, SPRY_FAKE_FUNCTION},
                                  {"COLOUR=grey"});
    EXPECT_EQ(variable(local, "first", "COLOUR"), "red");
    EXPECT_EQ(variable(local, "second", "COLOUR"), "grey");
    EXPECT_EQ(variable(local, "first", "_HANDLER"), "first.handler");
    EXPECT_EQ(variable(local, "second", "_HANDLER"), "second.handler");
    EXPECT_EQ(variable(local, "third", "_HANDLER"), "third");
    EXPECT_EQ(variable(local, "third", "AWS_LAMBDA_FUNCTION_NAME"), "third");
    EXPECT_EQ(variable(local, "first", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "128");
    EXPECT_EQ(variable(local, "first", "AWS_LAMBDA_FUNCTION_TIMEOUT"), "7");
    EXPECT_EQ(variable(local, "third", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "3008");
    // Where its own command is at home, and where the emulator is.
    EXPECT_EQ(invoke(local, "first", R"({"do":"cwd"})").body,
              std::filesystem::canonical(here.path()).string());
    EXPECT_EQ(invoke(local, "second", R"({"do":"cwd"})").body,
              std::filesystem::current_path().string());
    const http_answer missing = invoke(local, "fourth", "{}");
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.body, HasSubstr("there are: first, second, third"));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(functions_file, ends_a_function_at_its_own_timeout) {
    const folder here;
    const std::string path =
        here.file("functions.json",
                  R"({"functions": [{"name": "short", "timeout": 1}, {"name": "long"}]})", false);
    release::local_function local(SPRY_EMULATOR, {"--functions", path, SPRY_FAKE_FUNCTION});
    EXPECT_THAT(invoke(local, "short", R"({"do":"hang"})").body,
                HasSubstr("Task timed out after 1.00 seconds"));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(functions_file, gives_a_function_its_own_number_of_processes) {
    const folder here;
    const std::string path = here.file(
        "functions.json",
        R"({"functions": [{"name": "wide", "concurrency": 2}, {"name": "narrow"}]})", false);
    release::local_function local(SPRY_EMULATOR,
                                  {"--max-queue", "0", "--functions", path, SPRY_FAKE_FUNCTION});
    std::thread hangs_in_wide([&] { invoke(local, "wide", R"({"do":"hang"})"); });
    std::thread hangs_in_narrow([&] { invoke(local, "narrow", R"({"do":"hang"})"); });
    local.log_with("START RequestId: ", 2);
    EXPECT_EQ(invoke(local, "wide", R"({"do":"pid"})").status, 200);
    EXPECT_EQ(invoke(local, "narrow", R"({"do":"pid"})").status, 429);
    EXPECT_EQ(local.stop(), 0);
    hangs_in_wide.join();
    hangs_in_narrow.join();
}

TEST_F(functions_file, is_refused_with_the_place_and_the_reason) {
    struct wrong {
        const char* text;
        const char* part;
    };
    constexpr wrong table[] = {
        {"", "not valid JSON"},
        {R"({"functions": [{"name": "a"}], "x": nope})", "at byte 36: not valid JSON: "},
        {R"({"functions": [{"name": "a", "q": nope}]})", "at byte 34: not valid JSON: "},
        {"[]", "expected an object"},
        {"{}", ".functions is required and missing"},
        {R"({"functions": []})", ".functions is empty: name at least one"},
        {R"({"functions": [{}]})", ".functions[0].name is required and missing"},
        {R"({"functions": [{"name": "a", "timeout": "3"}]})",
         "at .functions[0].timeout: expected an integer from 0 to"},
        {R"({"functions": [{"name": "a"}, {"name": "b", "timeuot": 3}]})",
         ".functions[1].timeuot has no meaning here: there are name, command"},
        {R"({"functions": [{"name": "a"}], "version": 1})",
         ".version has no meaning here: there is only functions"},
        {R"({"functions": [{"name": "a"}], "b\nc": 1})", ".b?c has no meaning here"},
        {R"({"functions": [{"name": "a"}, {"name": "a"}]})", "two functions have the name a"},
        {R"({"functions": [{"name": "a:b"}]})", "must be up to 64 letters, digits, - and _"},
        {R"({"functions": [{"name": "a", "timeout": 0}]})",
         ".functions[0].timeout is 0, and must be from 1 to 86400"},
        {R"({"functions": [{"name": "a", "memory": 1048577}]})", "must be from 1 to 1048576"},
        {R"({"functions": [{"name": "a", "concurrency": 1001}]})", "must be from 1 to 1000"},
        {R"({"functions": [{"name": "a", "command": []}]})", ".functions[0].command is empty"},
        {R"({"functions": [{"name": "a", "command": ["no-such-program"]}]})",
         "a: there is no program no-such-program on PATH"},
        {R"({"functions": [{"name": "a", "environment": {"A=B": "c"}}]})",
         "has a variable named \"A=B\""},
    };
    for (const wrong& each : table)
        expect_refusal(each.text, each.part);
}

// Its commands begin there, and so do the functions.
TEST_F(functions_file, may_be_in_a_folder_that_is_named_from_here) {
    const folder here;
    std::filesystem::create_symlink(SPRY_FAKE_FUNCTION, here.path() / "fake");
    here.file("functions.json", R"({"functions": [{"name": "a", "command": ["./fake"]}]})", false);
    const std::filesystem::path near =
        std::filesystem::relative(here.path(), std::filesystem::current_path());
    release::local_function local(SPRY_EMULATOR,
                                  {"--functions", (near / "functions.json").string()});
    EXPECT_EQ(invoke(local, "a", R"({"do":"cwd"})").body,
              std::filesystem::canonical(here.path()).string());
    EXPECT_EQ(local.stop(), 0);
}

// Before it says where it listens.
TEST_F(functions_file, says_which_program_cannot_be_started) {
    const folder here;
    const std::string path = here.file(
        "functions.json", R"({"functions": [{"name": "a", "command": ["./missing"]}]})", false);
    const release::finished ended = started::run({"--functions", path});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_TRUE(release::is_one_line(ended.err)) << ended.text();
    EXPECT_THAT(ended.err, HasSubstr("there is no file " + here.path().string() + "/./missing"));
}

} // namespace
