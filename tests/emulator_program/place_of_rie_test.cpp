// SPDX-License-Identifier: Apache-2.0
// In the place of aws-lambda-rie: its flags, variables and paths (runtime contract 7.2, 4.1).
#include "started.hpp"

#include <sched.h>
#include <sys/mount.h>

namespace {

using release::http_answer;
using started::emulator;
using started::folder;
using started::strings;
using testing::HasSubstr;
using testing::Not;

class contract_7_2 : public started::emulator_program {
protected:
    static std::string variable(const emulator& local, const std::string& name) {
        return local.invoke(R"({"do":"env","name":")" + name + "\"}").body;
    }
};

TEST_F(contract_7_2, ries_flags_are_taken_in_both_forms) {
    const std::string api = "127.0.0.1:" + std::to_string(release::free_port());
    emulator local({"--log-level", "debug", "--enable-init-caching", "--runtime-api-address=" + api,
                    "--runtime-interface-emulator-address", "127.0.0.1:0"});
    EXPECT_EQ(variable(local, "AWS_LAMBDA_RUNTIME_API"), api);
    local.invoke(R"({"do":"exit","n":1})"); // the next process gets the same address
    EXPECT_EQ(variable(local, "AWS_LAMBDA_RUNTIME_API"), api);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(contract_7_2, a_log_level_above_info_does_not_say_where_it_listens) {
    const std::uint16_t free = release::free_port();
    const std::string address = "127.0.0.1:" + std::to_string(free);
    release::child program(
        {SPRY_EMULATOR, "--log-level", "error", "--listen", address, SPRY_FAKE_FUNCTION}, {},
        release::die_with_parent);
    started::wait_for_listener(free);
    EXPECT_EQ(release::invoke_at(free, "1").body, "1");
    ::kill(program.pid(), SIGTERM);
    const std::string log =
        release::read_until(program.output(), release::clock::now() + release::patience,
                            [](std::string_view) { return false; });
    EXPECT_EQ(program.wait(), 0);
    EXPECT_THAT(log, testing::StartsWith("START RequestId: "));
}

TEST_F(contract_7_2, ries_variables_are_read) {
    emulator local({}, {"AWS_LAMBDA_FUNCTION_TIMEOUT=1", "AWS_LAMBDA_FUNCTION_VERSION=7",
                        "AWS_LAMBDA_FUNCTION_NAME=greet", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
                        "AWS_REGION=eu-west-1"});
    const http_answer head = local.invoke(R"({"do":"head"})");
    EXPECT_THAT(head.body, HasSubstr("arn:aws:lambda:eu-west-1:012345678912:function:greet\r\n"));
    EXPECT_EQ(head.header("x-amz-executed-version"), "7");
    EXPECT_EQ(variable(local, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
    EXPECT_THAT(local.invoke(R"({"do":"hang"})").body, HasSubstr("after 1.00 seconds"));
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), HasSubstr("Version: 7\n"));
    EXPECT_THAT(local.log(), HasSubstr("Memory Size: 256 MB"));
}

TEST_F(contract_7_2, the_child_has_the_whole_environment_and_ries_defaults) {
    emulator local({}, {"MINE=a=b c"});
    EXPECT_EQ(variable(local, "MINE"), "a=b c");
    EXPECT_EQ(variable(local, "AWS_LAMBDA_FUNCTION_NAME"), "test_function");
    EXPECT_EQ(variable(local, "AWS_LAMBDA_FUNCTION_VERSION"), "$LATEST");
    EXPECT_EQ(variable(local, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "3008");
    EXPECT_EQ(variable(local, "AWS_LAMBDA_LOG_GROUP_NAME"), "/aws/lambda/Functions");
    EXPECT_EQ(variable(local, "AWS_LAMBDA_LOG_STREAM_NAME"), "$LATEST");
    EXPECT_EQ(variable(local, "_X_AMZN_TRACE_ID"), "(unset)");
}

TEST_F(contract_7_2, the_handler_is_the_variable_else_the_one_set_else_the_last_argument) {
    {
        emulator local({}, {"AWS_LAMBDA_FUNCTION_HANDLER=a", "_HANDLER=b"}, {"run", "c"});
        EXPECT_EQ(variable(local, "_HANDLER"), "a");
    }
    {
        emulator local({}, {"_HANDLER=b"}, {"run", "c"});
        EXPECT_EQ(variable(local, "_HANDLER"), "b");
    }
    {
        emulator local({}, {}, {"run", "c"});
        EXPECT_EQ(variable(local, "_HANDLER"), "c");
    }
    emulator local;
    EXPECT_EQ(variable(local, "_HANDLER"), "(unset)");
}

TEST_F(contract_7_2, each_function_of_several_has_its_own_handler) {
    emulator local({"--function", "one=app.first", "--function", "two"});
    const auto invoke = [&](const std::string& name) {
        const release::descriptor connected = release::dial(local.port());
        const std::string event = R"({"do":"env","name":"_HANDLER"})";
        release::send_all(connected.get(),
                          "POST /2015-03-31/functions/" + name +
                              "/invocations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                              "Content-Length: " +
                              std::to_string(event.size()) + "\r\n\r\n" + event);
        return release::parse_answer(release::read_until(connected.get(),
                                                         release::clock::now() + release::patience,
                                                         [](std::string_view) { return false; }));
    };
    EXPECT_EQ(invoke("one").body, "app.first");
    EXPECT_EQ(invoke("two").body, "two");
    const http_answer unknown = invoke("three");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.body, HasSubstr("there are: one, two"));
}

TEST_F(contract_7_2, the_command_runs_where_the_emulator_does_and_is_found_on_path) {
    const folder here;
    here.file("function", "#!/bin/sh\npwd\necho \"arguments: $*\"\nexec " SPRY_FAKE_FUNCTION "\n",
              true);
    release::local_function local(SPRY_EMULATOR, {"--", "function", "a b"},
                                  {"PATH=" + here.path().string() + ":/bin"});
    EXPECT_EQ(local.invoke("1").status, 200);
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), HasSubstr(std::filesystem::current_path().string() + "\n"));
    EXPECT_THAT(local.log(), HasSubstr("arguments: a b\n"));
}

// A file system in which /var, /opt and what is in them are this process's own.
int own_var_and_opt() {
    const int user = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
    if (::unshare(user | CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return 77;
    for (const char* const at : {"/var", "/opt"}) {
        if (::mount("none", at, "tmpfs", 0, nullptr) != 0)
            return 77;
    }
    std::filesystem::create_directories("/var/task");
    std::filesystem::create_directories("/var/runtime");
    return 0;
}

template <int Which>
int with_bootstrap() {
    constexpr std::array<const char*, 3> places{"/var/task/bootstrap", "/opt/bootstrap",
                                                "/var/runtime/bootstrap"};
    const int refused = own_var_and_opt();
    if (refused != 0)
        return refused;
    for (int i = Which; i != 3; ++i) // and those behind it
        std::filesystem::copy_file(i == Which ? SPRY_FAKE_FUNCTION : "/bin/false", places[i]);
    return release::die_with_parent();
}

TEST_F(contract_7_2, without_a_command_the_first_bootstrap_is_run) {
    int (*const prepare[])() = {with_bootstrap<0>, with_bootstrap<1>, with_bootstrap<2>};
    if (started::run({"--version"}, {}, own_var_and_opt).exit_code == 77)
        GTEST_SKIP() << "neither root nor allowed to make a file system of one's own";
    for (int (*const each)() : prepare) {
        release::local_function local(SPRY_EMULATOR, {}, {}, each);
        EXPECT_EQ(local.invoke(R"({"do":"cwd"})").body, "/var/task");
        EXPECT_EQ(local.invoke(R"({"do":"env","name":"_HANDLER"})").body, "(unset)");
    }
}

TEST_F(contract_7_2, what_the_function_prints_goes_to_stdout_and_what_the_emulator_says_to_stderr) {
    const release::memory_file errors;
    const std::uint16_t free = release::free_port();
    release::child program(
        {SPRY_EMULATOR, "--listen", "127.0.0.1:" + std::to_string(free), SPRY_FAKE_FUNCTION}, {},
        [&] {
            ::dup2(errors.get(), 2);
            return release::die_with_parent();
        });
    started::wait_for_listener(free);
    release::invoke_at(free, R"({"do":"print","n":2})"); // one line on each
    ::kill(program.pid(), SIGTERM);
    const std::string out =
        release::read_until(program.output(), release::clock::now() + release::patience,
                            [](std::string_view) { return false; });
    EXPECT_EQ(program.wait(), 0);
    EXPECT_THAT(out, HasSubstr("line 0\nline 1"));
    EXPECT_THAT(errors.text(), testing::StartsWith("spry: listening on http://127.0.0.1:"));
    EXPECT_THAT(errors.text(), Not(HasSubstr("line")));
}

TEST_F(contract_7_2, sigterm_and_sigint_end_it_with_code_0) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        release::child program(started::with_fake({SPRY_EMULATOR, "--listen", "127.0.0.1:0"}), {},
                               release::die_with_parent);
        release::read_until(
            program.output(), release::clock::now() + release::patience,
            [](std::string_view text) { return text.find("-d '{}'") != text.npos; });
        ::kill(program.pid(), signal);
        EXPECT_EQ(program.wait(), 0);
    }
}

int network_of_its_own() {
    const int user = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
    return ::unshare(user | CLONE_NEWNET) == 0 ? release::die_with_parent() : 77;
}

TEST_F(contract_7_2, under_ries_name_it_listens_where_rie_does) {
    const folder here;
    const std::string rie = (here.path() / "aws-lambda-rie").string();
    std::filesystem::create_symlink(SPRY_EMULATOR, rie);
    release::child program({rie, SPRY_FAKE_FUNCTION}, {}, network_of_its_own);
    const std::string text = release::read_until(
        program.output(), release::clock::now() + release::patience,
        [](std::string_view so_far) { return so_far.find('\n') != so_far.npos; });
    if (text.empty() && program.wait() == 77)
        GTEST_SKIP() << "neither root nor allowed to make a network of one's own";
    EXPECT_THAT(text, testing::StartsWith("spry: listening on http://0.0.0.0:8080\n"));
    ::kill(program.pid(), SIGTERM);
    EXPECT_EQ(program.wait(), 0);
}

} // namespace
