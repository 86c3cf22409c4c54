// SPDX-License-Identifier: Apache-2.0
// What the Telemetry API answers to a subscription, and what it refuses (runtime contract 7.7).
#include "extension.hpp"
#include "subscriber.hpp"

namespace {

using release::http_answer;
using started::played;
using testing::AllOf;
using testing::HasSubstr;

class emulator_telemetry_calls : public started::emulator_program {
protected:
    emulator_telemetry_calls() { played::add_program(here); }

    static void expect_refused(const http_answer& answer, int status, std::string_view type,
                               std::string_view message) {
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_EQ(answer.header("content-type"), "application/json");
        EXPECT_THAT(answer.body, AllOf(HasSubstr("\"errorType\":\"" + std::string(type) + '"'),
                                       HasSubstr(message)));
    }
    static void end(played& local) {
        ::kill(local.extension_pid(), SIGKILL);
        EXPECT_EQ(local.stop(), 0);
    }
    static std::string subscription(std::string_view version, std::string_view destination,
                                    std::string_view more = {}) {
        return R"({"schemaVersion":")" + std::string(version) +
               R"(","types":["platform"],"destination":)" + std::string(destination) +
               std::string(more) + "}";
    }

    const started::folder here;
};

constexpr std::string_view somewhere =
    R"({"protocol":"HTTP","URI":"http://sandbox.localdomain:1/"})";

// schemaVersion; destination; buffering
TEST_F(emulator_telemetry_calls, take_each_version_destination_and_limit) {
    const std::string accepted[] = {
        subscription("2022-07-01", somewhere),
        subscription("2022-12-13", somewhere),
        subscription("2025-01-29", somewhere),
        subscription("2022-12-13", R"({"protocol":"HTTP","URI":"http://sandbox:1/a?b=c"})"),
        subscription("2022-12-13", R"({"protocol":"HTTP","URI":"http://localhost:65535"})"),
        subscription("2022-12-13", R"({"protocol":"HTTP","URI":"http://127.0.0.1:1"})"),
        subscription("2022-12-13", R"({"protocol":"TCP","port":1})"),
        subscription("2022-12-13", somewhere,
                     R"(,"buffering":{"maxItems":1000,"maxBytes":262144,"timeoutMs":25})"),
        subscription("2022-12-13", somewhere,
                     R"(,"buffering":{"maxItems":10000,"maxBytes":1048576,"timeoutMs":30000})"),
        subscription("2022-12-13", somewhere, R"(,"buffering":{})"),
    };
    played local(here);
    const std::string me = local.join();
    for (const std::string& body : accepted) { // the first counts; all are looked at
        const http_answer answer = local.subscribe(me, body);
        EXPECT_EQ(answer.status, 200) << body << answer.body;
        EXPECT_EQ(answer.body, "\"OK\"");
    }
    // As AWS's guide writes the path.
    const http_answer answer = local.subscribe(me, accepted[0], "/2022-07-01/telemetry/");
    EXPECT_EQ(answer.status, 200) << answer.body;
    end(local);
}

TEST_F(emulator_telemetry_calls, are_refused_with_what_is_wrong) {
    struct refused_body {
        std::string body;
        std::string_view message;
    };
    const auto uri = [](std::string_view text) {
        return subscription("2022-12-13",
                            R"({"protocol":"HTTP","URI":")" + std::string(text) + "\"}");
    };
    const auto buffering = [](std::string_view text) {
        return subscription("2022-12-13", somewhere, ",\"buffering\":" + std::string(text));
    };
    const refused_body cases[] = {
        {"", "not valid JSON"},
        {"subscribe", "not valid JSON"},
        {"[]", "expected an object"},
        {R"({"types":["platform"],"destination":{"protocol":"TCP","port":1}})", "schemaVersion is"},
        {subscription("2020-08-15", somewhere), "schemaVersion is"},
        {R"({"schemaVersion":"2022-12-13","destination":{"protocol":"TCP","port":1}})", "types is"},
        {R"({"schemaVersion":"2022-12-13","types":[],"destination":{"protocol":"TCP","port":1}})",
         "types must name at least one"},
        {R"({"schemaVersion":"2022-12-13","types":["all"],"destination":{"protocol":"TCP","port":1}})",
         "types has \\\"all\\\""},
        {R"({"schemaVersion":"2022-12-13","types":["platform"]})", "destination is"},
        {subscription("2022-12-13", R"({"port":1})"), "destination.protocol is"},
        {subscription("2022-12-13", R"({"protocol":"UDP","port":1})"), "there are HTTP and TCP"},
        {subscription("2022-12-13", R"({"protocol":"HTTP","port":1})"), "destination.URI is"},
        {subscription("2022-12-13", R"({"protocol":"TCP"})"), "from 1 to 65535"},
        {subscription("2022-12-13", R"({"protocol":"TCP","port":0})"), "from 1 to 65535"},
        {subscription("2022-12-13", R"({"protocol":"TCP","port":65536})"), "from 1 to 65535"},
        {uri(""), "destination.URI is"},
        {uri("https://sandbox:1/"), "destination.URI is"},
        {uri("http://example.com:1/"), "with the host sandbox.localdomain"},
        {uri("http://sandbox.localdomain@example.com:1/"), "destination.URI is"},
        {uri("http://sandbox:0/"), "destination.URI is"},
        {uri("http://sandbox:65536/"), "destination.URI is"},
        {uri("http://sandbox:1x/"), "destination.URI is"},
        {uri("http://sandbox:1/ HTTP/1.1"), "destination.URI is"},
        {uri(R"(http://sandbox:1/\r\nHost: b)"), "destination.URI is"},
        {buffering(R"({"maxItems":999})"), "buffering.maxItems is 999"},
        {buffering(R"({"maxItems":10001})"), "from 1000 to 10000"},
        {buffering(R"({"maxBytes":262143})"), "from 262144 to 1048576"},
        {buffering(R"({"maxBytes":1048577})"), "buffering.maxBytes is 1048577"},
        {buffering(R"({"timeoutMs":24})"), "from 25 to 30000"},
        {buffering(R"({"timeoutMs":30001})"), "buffering.timeoutMs is 30001"},
        {buffering(R"({"timeoutMs":"25"})"), ".buffering.timeoutMs"},
    };
    played local(here);
    const std::string me = local.join();
    for (const refused_body& each : cases)
        expect_refused(local.subscribe(me, each.body), 400, "ValidationError", each.message);
    end(local);
}

TEST_F(emulator_telemetry_calls, need_a_registered_extension) {
    played local(here);
    const std::string body = subscription("2022-12-13", somewhere);
    expect_refused(local.subscribe("", body), 403, "Extension.MissingExtensionIdentifier", "");
    expect_refused(local.subscribe("Lambda-Extension-Identifier: me\r\n", body), 403,
                   "Extension.InvalidExtensionIdentifier", "");
    expect_refused(
        local.subscribe("Lambda-Extension-Identifier: 01234567-89ab-4cde-8f01-23456789abcd\r\n",
                        body),
        403, "Extension.UnknownExtensionIdentifier", "");
    end(local);
}

// The function asks for its first event while the extension, which has registered, has yet to
// subscribe: the initialisation is not over before that one asks, too.
TEST_F(emulator_telemetry_calls, come_in_time_until_the_initialisation_has_ended) {
    played local(here);
    const std::string me = local.join();
    const auto is_refused_as_late = [&local] {
        return local.register_as("inner", R"({"events":["SHUTDOWN"]})")
                   .body.find("Extension.RegistrationClosed") != std::string::npos;
    };
    while (!is_refused_as_late()) // else for its event
        continue;
    EXPECT_EQ(local.subscribe(me, subscription("2022-12-13", somewhere)).status, 200);
    end(local);
}

// Telemetry.SubscriptionClosed
TEST_F(emulator_telemetry_calls, come_too_late_once_the_function_has_initialised) {
    played local(here);
    const std::string me = local.join();
    auto event = local.next_later(me);
    EXPECT_EQ(local.invoke("1").body, "1");
    EXPECT_EQ(event.get().status, 200);
    expect_refused(local.subscribe(me, subscription("2022-12-13", somewhere)), 403,
                   "Telemetry.SubscriptionClosed", "player is too late");
    end(local);
}

TEST_F(emulator_telemetry_calls, of_the_older_logs_api_are_not_supported) {
    played local(here);
    const http_answer answer = local.subscribe(local.join(), "{}", "/2020-08-15/logs");
    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(answer.body,
              R"({"errorMessage":"Logs API is not supported","errorType":"Logs.NotSupported"})"
              "\n");
    end(local);
}

} // namespace
