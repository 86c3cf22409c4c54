// SPDX-License-Identifier: Apache-2.0
// What extensions see of an environment's life, and what it sees of theirs (runtime contract 7.6).
#include "extension.hpp"

#include <sched.h>
#include <sys/mount.h>

namespace {

using release::http_answer;
using started::played;
using started::strings;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class emulator_extensions : public started::emulator_program {
protected:
    std::string add_shell(const std::string& name, std::string_view before_register = ":",
                          std::string_view before_next = ":") const {
        return here.file(name, started::shell_extension(before_register, before_next), true);
    }
    strings flags() const { return {"--extensions", here.path().string()}; }

    const started::folder here;
};

std::int64_t deadline_of(const http_answer& event) {
    const std::size_t at = event.body.find("\"deadlineMs\":");
    return at == std::string::npos ? 0 : std::atoll(event.body.c_str() + at + 13);
}

std::int64_t epoch_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string request_id_of(const http_answer& invoked) {
    return invoked.header("x-amzn-requestid");
}

TEST_F(emulator_extensions, in_shell_run_unmodified) {
    if (!started::has_curl())
        GTEST_SKIP() << "there is no curl";
    add_shell("first");
    add_shell("second");
    started::emulator local(flags());
    const http_answer one = local.invoke(R"({"do":"echo"})", "X-Amzn-Trace-Id: Root=1-2-3\r\n");
    const http_answer two = local.invoke(R"({"do":"echo"})");
    EXPECT_EQ(one.body, R"({"do":"echo"})");
    local.log_with("first has {\"eventType\":\"INVOKE\"", 2);
    local.log_with("second has {\"eventType\":\"INVOKE\"", 2);
    EXPECT_EQ(local.stop(), 0);
    const std::string& log = local.log();
    EXPECT_THAT(log, HasSubstr("\"requestId\":\"" + request_id_of(one) +
                               "\",\"invokedFunctionArn\":\"arn:aws:lambda:us-east-1:012345678912:"
                               "function:test_function\",\"tracing\":{\"type\":\"X-Amzn-Trace-Id\","
                               "\"value\":\"Root=1-2-3\"}}"));
    EXPECT_THAT(log, HasSubstr("\"requestId\":\"" + request_id_of(two) + '"'));
    for (const std::string name : {"first", "second"})
        EXPECT_THAT(log, HasSubstr(name + " has {\"eventType\":\"SHUTDOWN\""));
    EXPECT_THAT(log, HasSubstr("\"shutdownReason\":\"spindown\"}"));
}

TEST_F(emulator_extensions, in_go_run_unmodified) {
    const std::filesystem::path folder = SPRY_SOURCE_DIR "/.deps/peers/go/extensions";
    if (!std::filesystem::exists(folder / "watcher"))
        GTEST_SKIP() << "the Go extension is not built: ./dev setup --peers go";
    started::emulator local({"--extensions", folder.string()});
    const http_answer answer = local.invoke("1");
    EXPECT_EQ(answer.body, "1");
    local.log_with("watcher: INVOKE " + request_id_of(answer));
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), HasSubstr("watcher: SHUTDOWN spindown\n"));
}

TEST_F(emulator_extensions, register_before_the_function_starts) {
    if (!started::has_curl())
        GTEST_SKIP() << "there is no curl";
    add_shell("late", "sleep 0.3; echo late registers");
    const started::folder elsewhere;
    const std::string function = elsewhere.file(
        "function", "#!/bin/sh\necho function starts\nexec " SPRY_FAKE_FUNCTION "\n", true);
    release::local_function local(SPRY_EMULATOR, release::joined(flags(), {function}));
    EXPECT_EQ(local.invoke("1").status, 200);
    local.log_with("function starts");
    EXPECT_LT(local.log().find("late registers"), local.log().find("function starts"));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extensions, hold_the_first_event_and_the_end_of_each_invocation) {
    played::add_program(here);
    played local(here);
    const std::string inner =
        played::identity(local.register_as("inner", R"({"events":["INVOKE"]})"));
    const std::string me = local.join();
    auto first = local.invoke_later("1");
    auto event = local.next_later(me);
    auto inner_event = local.next_later(inner);
    const http_answer invoked = first.get();
    EXPECT_EQ(invoked.body, "1");
    const http_answer got = event.get();
    EXPECT_THAT(got.body, HasSubstr(request_id_of(invoked)));
    EXPECT_NE(got.header("lambda-extension-event-identifier"), "");
    EXPECT_EQ(got.header("content-type"), "application/json");
    EXPECT_GT(deadline_of(got), epoch_ms());
    EXPECT_THAT(inner_event.get().body, HasSubstr(request_id_of(invoked)));

    // The function has answered, and one of two waits for the next event.
    auto second = local.invoke_later("2");
    event = local.next_later(me);
    local.log_with("START RequestId");
    (void)local.register_as("another", "{}"); // a round trip, in which the end would have come
    local.read_what_is_there();
    EXPECT_THAT(local.log(), Not(HasSubstr("END RequestId")));
    inner_event = local.next_later(inner);
    EXPECT_EQ(second.get().body, "2");
    (void)event.get();
    (void)inner_event.get();
    local.log_with("START RequestId", 2);
    EXPECT_LT(local.log().find("END RequestId"), local.log().rfind("START RequestId"));
    ::kill(local.extension_pid(), SIGKILL);
    local.log_with("exited with error: signal: killed");
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extensions, have_two_seconds_for_a_spindown) {
    played::add_program(here);
    played local(here);
    const std::string me = local.join(R"(["SHUTDOWN"])");
    auto event = local.next_later(me);
    EXPECT_EQ(local.invoke("1").body, "1"); // it has no INVOKE
    const std::int64_t before = epoch_ms();
    ::kill(local.pid(), SIGTERM);
    const http_answer got = event.get();
    const std::int64_t after = epoch_ms();
    EXPECT_THAT(got.body, AllOf(HasSubstr(R"({"eventType":"SHUTDOWN","deadlineMs":)"),
                                HasSubstr(R"("shutdownReason":"spindown"})")));
    EXPECT_GE(deadline_of(got), before + 1990); // two clocks
    EXPECT_LE(deadline_of(got), after + 2010);
    EXPECT_EQ(::kill(local.extension_pid(), 0), 0);
    EXPECT_EQ(local.stop(), 0); // it does not exit, and is killed
}

TEST_F(emulator_extensions, are_killed_at_once_where_they_do_not_want_to_know) {
    played::add_program(here);
    played local(here);
    const std::string me = local.join("[]");
    auto event = local.next_later(me);
    EXPECT_EQ(local.invoke("1").body, "1");
    ::kill(local.pid(), SIGTERM);
    event.wait();
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), Not(HasSubstr("killed")));
}

TEST_F(emulator_extensions, learn_of_a_timeout_and_of_a_failure) {
    if (!started::has_curl())
        GTEST_SKIP() << "there is no curl";
    add_shell("watcher");
    started::emulator local(flags(), {"AWS_LAMBDA_FUNCTION_TIMEOUT=2"});
    EXPECT_THAT(local.invoke(R"({"do":"hang"})").body, HasSubstr("timed out after 2.00"));
    local.log_with(R"("shutdownReason":"timeout"})");
    EXPECT_THAT(local.invoke(R"({"do":"exit","n":3})").body, HasSubstr("exit status 3"));
    local.log_with(R"("shutdownReason":"failure"})");
    EXPECT_EQ(local.invoke("1").body, "1");
    EXPECT_EQ(local.stop(), 0);
    EXPECT_THAT(local.log(), HasSubstr(R"("shutdownReason":"spindown"})"));
}

TEST_F(emulator_extensions, time_out_with_an_invocation_that_they_do_not_end) {
    if (!started::has_curl())
        GTEST_SKIP() << "there is no curl";
    // Asks for its first event only.
    add_shell("sitter", ":", "[ -z \"$event\" ] || exec sleep 60");
    started::emulator local(flags(), {"AWS_LAMBDA_FUNCTION_TIMEOUT=2"});
    EXPECT_EQ(local.invoke("1").body, "1");
    local.log_with("Task timed out after 2.00 seconds");
    EXPECT_EQ(local.invoke("2").body, "2");
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extensions, end_the_environment_with_a_crash) {
    if (!started::has_curl())
        GTEST_SKIP() << "there is no curl";
    add_shell("faller", ":", "case $event in *INVOKE*) exit 4 ;; esac");
    started::emulator local(flags());
    const http_answer answer = local.invoke(R"({"do":"hang"})");
    EXPECT_EQ(answer.header("x-amz-function-error"), "Unhandled");
    EXPECT_THAT(answer.body, AllOf(HasSubstr("Extension faller exited with error: exit status 4"),
                                   HasSubstr(R"("errorType":"Extension.Crash")")));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extensions, fail_an_initialisation_by_exit_report_and_launch) {
    struct failing {
        std::string_view before_register;
        bool executable;
        std::string_view type;
        std::string_view message;
    };
    const failing cases[] = {
        {"exit 5", true, "Extension.Crash", "Extension bad exited with error: exit status 5"},
        {":", false, "Extension.LaunchError", "Extension bad cannot be started"},
    };
    for (const failing& each : cases) {
        here.file("bad", started::shell_extension(each.before_register), each.executable);
        started::emulator local(flags());
        local.log_with("INIT_REPORT");
        const http_answer answer = local.invoke("1");
        EXPECT_THAT(answer.body, AllOf(HasSubstr("\"errorType\":\"" + std::string(each.type)),
                                       HasSubstr(each.message)));
        EXPECT_EQ(local.stop(), 0);
        EXPECT_THAT(local.log(), HasSubstr("Error Type: " + std::string(each.type)));
    }
}

TEST_F(emulator_extensions, report_errors) {
    played::add_program(here);
    for (const std::string_view path : {"/init/error", "/exit/error"}) {
        played local(here);
        const std::string me = local.join();
        const http_answer without = local.call("POST", path, {}, me);
        EXPECT_EQ(without.status, 403);
        EXPECT_THAT(without.body, HasSubstr("Extension.MissingHeader"));
        const http_answer taken = local.call(
            "POST", path, {}, me + "Lambda-Extension-Function-Error-Type: Extension.NoKey\r\n");
        EXPECT_EQ(taken.status, 202);
        EXPECT_EQ(taken.body, "{\"status\":\"OK\"}\n");
        ::kill(local.extension_pid(), SIGTERM);
        local.log_with("Phase: init\tStatus: error\tError Type: Extension.NoKey");
        EXPECT_EQ(local.stop(), 0);
    }
}

TEST_F(emulator_extensions, may_fail_an_invocation) {
    played::add_program(here);
    played local(here);
    const std::string me = local.join();
    auto invoked = local.invoke_later(R"({"do":"hang"})");
    EXPECT_THAT(local.next(me).body, HasSubstr("INVOKE"));
    EXPECT_EQ(local
                  .call("POST", "/init/error", {},
                        me + "Lambda-Extension-Function-Error-Type: Extension.Late\r\n")
                  .status,
              403); // it has initialised
    EXPECT_EQ(local
                  .call("POST", "/exit/error", {},
                        me + "Lambda-Extension-Function-Error-Type: Extension.Full\r\n")
                  .status,
              202);
    ::kill(local.extension_pid(), SIGTERM);
    EXPECT_THAT(invoked.get().body, HasSubstr(R"("errorType":"Extension.Full")"));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extensions, fail_an_initialisation_that_they_do_not_end) {
    played::add_program(here);
    played local(here); // and nobody registers
    local.log_with("Phase: init\tStatus: timeout");
    EXPECT_EQ(local.stop(), 0);
}

// An /opt of its own, as in an image.
int prepare_opt(bool disabled) {
    if (::unshare((::geteuid() == 0 ? 0 : CLONE_NEWUSER) | CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/opt", "tmpfs", 0, nullptr) != 0)
        return 77;
    if (::mkdir("/opt/extensions", 0755) != 0)
        return 78;
    const release::descriptor file(
        ::open("/opt/extensions/bad", O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
    constexpr std::string_view text = "#!/bin/sh\nexit 5\n";
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return 78;
    if (disabled && release::descriptor(::open("/opt/disable-extensions-jwigqn8j",
                                               O_WRONLY | O_CREAT | O_CLOEXEC, 0644))
                            .get() < 0)
        return 78;
    return release::die_with_parent();
}
int with_opt() {
    return prepare_opt(false);
}
int with_disabled_opt() {
    return prepare_opt(true);
}

TEST_F(emulator_extensions, lie_in_opt_and_can_be_switched_off_there) {
    for (int (*const prepare)() : {with_opt, with_disabled_opt}) {
        release::child probe({"/bin/true"}, {}, prepare);
        if (probe.wait() == 77)
            GTEST_SKIP() << "no mounts of one's own here";
        started::emulator local({}, {}, {}, prepare);
        const http_answer answer = local.invoke("1");
        EXPECT_EQ(answer.header("x-amz-function-error"), prepare == with_opt ? "Unhandled" : "");
        EXPECT_THAT(answer.body, HasSubstr(prepare == with_opt ? "Extension.Crash" : "1"));
        EXPECT_EQ(local.stop(), 0);
    }
}

} // namespace
