// SPDX-License-Identifier: Apache-2.0
// What the Extensions API answers to a registration, and what it refuses (runtime contract 7.6).
#include "extension.hpp"

namespace {

using release::http_answer;
using started::played;
using started::strings;
using testing::AllOf;
using testing::HasSubstr;

class emulator_extension_calls : public started::emulator_program {
protected:
    emulator_extension_calls() { played::add_program(here); }

    static void expect_refused(const http_answer& answer, std::string_view type) {
        EXPECT_EQ(answer.status, 403) << answer.body;
        EXPECT_EQ(answer.header("content-type"), "application/json");
        EXPECT_THAT(answer.body, AllOf(HasSubstr("\"errorType\":\"" + std::string(type) + '"'),
                                       HasSubstr("\"errorMessage\":\"")));
    }

    const started::folder here;
};

constexpr std::string_view events = R"({"events":["INVOKE","SHUTDOWN"]})";

TEST_F(emulator_extension_calls, register_and_learn_of_the_function) {
    const strings variables{"AWS_LAMBDA_FUNCTION_NAME=cook", "AWS_LAMBDA_FUNCTION_VERSION=7",
                            "_HANDLER=soup"};
    played local(here, variables);
    const http_answer more =
        local.register_as("inner", R"({"events":["INVOKE"]})",
                          "Lambda-Extension-Accept-Feature: other, accountId\r\n");
    const http_answer plain = local.register_as("player", events);
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.body, R"({"functionName":"cook","functionVersion":"7","handler":"soup"})");
    EXPECT_EQ(plain.header("lambda-extension-identifier").size(), 36U);
    EXPECT_THAT(more.body, HasSubstr(R"("accountId":"012345678912"})"));
    EXPECT_NE(more.header("lambda-extension-identifier"),
              plain.header("lambda-extension-identifier"));
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extension_calls, may_subscribe_to_nothing) {
    played local(here);
    for (const std::string_view body : {R"({"events":null})", R"({"events":[]})", "{}"})
        EXPECT_EQ(local.register_as("inner " + std::string(body.substr(1)), body).status, 200);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extension_calls, are_refused_with_the_contracts_types) {
    played local(here);
    expect_refused(local.call("POST", "/register", events), "Extension.InvalidExtensionName");
    expect_refused(local.register_as("", events), "Extension.InvalidExtensionName");
    for (const std::string_view body :
         {"", "INVOKE", R"({"events":"INVOKE"})", R"({"events":[],"configurationKeys":[]})"})
        expect_refused(local.register_as("inner", body), "InvalidRequestFormat");
    expect_refused(local.register_as("inner", R"({"events":["RESTORE"]})"),
                   "Extension.InvalidEventType");
    expect_refused(local.register_as("inner", events), "Extension.InvalidEventType");

    expect_refused(local.next(""), "Extension.MissingExtensionIdentifier");
    expect_refused(local.next("Lambda-Extension-Identifier: me\r\n"),
                   "Extension.InvalidExtensionIdentifier");
    expect_refused(
        local.next("Lambda-Extension-Identifier: 01234567-89ab-4cde-8f01-23456789abcd\r\n"),
        "Extension.UnknownExtensionIdentifier");

    const std::string me = local.join();
    expect_refused(local.register_as("player", events), "Extension.InvalidExtensionState");
    EXPECT_EQ(local.call("GET", "/register").status, 404);
    EXPECT_EQ(local.call("POST", "/event/next", {}, me).status, 404);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extension_calls, are_answered_on_one_connection_at_a_time) {
    played local(here);
    const std::string me = local.join();
    auto older = local.next_later(me);
    auto newer = local.next_later(me);
    const auto is_answered = [](const std::future<http_answer>& of) {
        return of.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
    };
    while (!is_answered(older) && !is_answered(newer))
        continue; // who came first is refused, and the other one waits
    EXPECT_EQ(local.invoke("1").body, "1");
    const http_answer one = older.get();
    const http_answer other = newer.get();
    EXPECT_EQ(one.status + other.status, 200 + 403) << one.body << other.body;
    expect_refused(one.status == 403 ? one : other, "Extension.InvalidExtensionState");
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extension_calls, end_with_a_reported_error) {
    played local(here);
    const std::string inner = played::identity(local.register_as("inner", "{}"));
    (void)local.join(); // it has two seconds at the end, in which calls are answered
    const std::string error = "Lambda-Extension-Function-Error-Type: Extension.No\r\n";
    EXPECT_EQ(local.call("POST", "/exit/error", {}, inner + error).status, 202);
    expect_refused(local.call("POST", "/exit/error", {}, inner + error),
                   "Extension.InvalidExtensionState");
    ::kill(local.extension_pid(), SIGKILL);
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_extension_calls, admit_ten_until_the_function_has_initialised) {
    played local(here);
    for (int i = 0; i != 9; ++i)
        EXPECT_EQ(local.register_as("inner" + std::to_string(i), "{}").status, 200);
    expect_refused(local.register_as("inner9", "{}"), "Extension.TooManyExtensions");
    EXPECT_EQ(local.stop(), 0);

    played next(here);
    auto event = next.next_later(next.join());
    EXPECT_EQ(next.invoke("1").body, "1");
    expect_refused(next.register_as("inner", "{}"), "Extension.RegistrationClosed");
    EXPECT_EQ(event.get().status, 200);
    EXPECT_EQ(next.stop(), 0);
}

TEST_F(emulator_extension_calls, need_a_folder_with_at_most_ten_programs) {
    const release::finished missing =
        started::run({"--extensions", (here.path() / "no").string(), SPRY_FAKE_FUNCTION});
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_TRUE(release::is_one_line(missing.err)) << missing.err;
    EXPECT_THAT(missing.err, AllOf(HasSubstr("--extensions is"), HasSubstr("must be a folder")));
    for (int i = 0; i != 10; ++i)
        here.file("more" + std::to_string(i), started::waiting_program, true);
    const release::finished many =
        started::run({"--extensions", here.path().string(), SPRY_FAKE_FUNCTION});
    EXPECT_EQ(many.exit_code, 1);
    EXPECT_TRUE(release::is_one_line(many.err)) << many.err;
    EXPECT_THAT(many.err, HasSubstr("there are 11 extensions, and Lambda takes 10"));
}

} // namespace
