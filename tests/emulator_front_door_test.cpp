// SPDX-License-Identifier: Apache-2.0
// The Invoke API's paths, headers and refusals.
#include "emulator_session.hpp"

#include <spry/emulator/invoke_request.hpp>

#include <array>

namespace {

using spry::emulator::invoked_function;
using spry_test::reply;
using spry_test::session;
using spry_test::task;

TEST(emulator_front_door, takes_any_function_name_and_decodes_it) {
    EXPECT_EQ(invoked_function("/2015-03-31/functions/function/invocations"), "function");
    EXPECT_EQ(invoked_function("/2015-03-31/functions/any%20one/invocations"), "any one");
    EXPECT_EQ(invoked_function("/2015-03-31/functions/"
                               "arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/invocations"),
              "arn:aws:lambda:us-east-1:1:function:f");
    EXPECT_EQ(invoked_function("/2015-03-31/functions/f:1/invocations"), "f:1");
}

TEST(emulator_front_door, knows_no_other_path) {
    for (const char* path :
         {"", "/", "/2015-03-31/functions/f", "/2015-03-31/functions//invocations",
          "/2015-03-31/functions/f/invocations/more", "/2014-11-13/functions/f/invocations",
          "/2015-03-31/functions/f/invocation", "/2015-03-31/function/f/invocations",
          "/2015-03-31/functions/%zz/invocations"})
        EXPECT_FALSE(invoked_function(path)) << path;
}

TEST(emulator_front_door, answers_an_unknown_path_with_404_in_json) {
    session s;
    s.run([](session* self) -> task<> { co_await self->send("POST", "/nothing"); });
    EXPECT_EQ(s.replies[0].status, 404);
    EXPECT_EQ(s.replies[0].header("Content-Type"), "application/json");
    EXPECT_EQ(s.replies[0].header("x-amzn-ErrorType"), "UnknownOperationException");
    EXPECT_EQ(s.replies[0].body.substr(0, 27), R"({"Type":"User","Message":"N)");
}

TEST(contract_11, a_wrong_method_gets_405_and_is_told_the_right_one) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/2015-03-31/functions/function/invocations");
        co_await self->send("PUT", "/2015-03-31/functions/function/invocations", "{}");
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 405);
        EXPECT_EQ(each.header("Allow"), "POST");
    }
}

TEST(emulator_front_door, gives_a_hint_at_its_root) {
    session s;
    s.run([](session* self) -> task<> { co_await self->send("GET", "/"); });
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_NE(s.replies[0].body.find("/2015-03-31/functions/function/invocations"),
              std::string::npos);
}

TEST(emulator_front_door, takes_an_arn_as_the_invoked_one_and_ignores_the_qualifier) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST",
                            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction"
                            "%3Af%3Alive/invocations?Qualifier=live",
                            R"({"do":"head"})");
    });
    EXPECT_NE(s.replies[0].body.find("Invoked-Function-Arn: arn:aws:lambda:eu-west-1:1:function:f:"
                                     "live\r\n"),
              std::string::npos)
        << s.replies[0].body;
}

TEST(contract_7_1, an_event_that_is_no_json_is_400) {
    session s;
    s.run([](session* self) -> task<> { co_await self->invoke("{\"a\":"); });
    EXPECT_EQ(s.replies[0].status, 400);
    EXPECT_EQ(s.replies[0].header("x-amzn-ErrorType"), "InvalidRequestContentException");
    EXPECT_NE(s.replies[0].body.find("Could not parse request body into json: "),
              std::string::npos);
    EXPECT_EQ(s.log_count("START"), 0);
}

TEST(contract_7_1, an_event_of_any_content_type_is_taken) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"Content-Type", "application/x-www-form-urlencoded"}};
        co_await self->invoke("7", headers);
    });
    EXPECT_EQ(s.replies[0].body, "7");
}

TEST(contract_7_1, an_event_is_answered_with_202_and_run_later) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        co_await self->invoke(R"({"do":"print","n":1})", headers);
        co_await self->invoke("1"); // behind it in the queue
    });
    EXPECT_EQ(s.replies[0].status, 202);
    EXPECT_EQ(s.replies[0].body, "");
    EXPECT_EQ(s.log_count("START RequestId: " + s.replies[0].header("x-amzn-RequestId")), 1);
    EXPECT_EQ(s.log_count("line 0"), 1);
}

TEST(contract_7_1, an_event_beyond_1_mib_is_413) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "Event"}};
        const std::string event = "\"" + std::string(1024 * 1024, 'x') + "\"";
        co_await self->invoke(event, headers);
    });
    EXPECT_EQ(s.replies[0].status, 413);
}

TEST(contract_7_1, a_dry_run_is_204_and_runs_nothing) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields headers{{"X-Amz-Invocation-Type", "DryRun"}};
        co_await self->invoke("{}", headers);
    });
    EXPECT_EQ(s.replies[0].status, 204);
    EXPECT_EQ(s.log_count("START"), 0);
}

TEST(contract_7_1, a_name_that_is_none_is_400) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/2015-03-31/functions/arn:a%0d%0aX:1/invocations", "{}");
        const std::string path = "/2015-03-31/functions/" + std::string(171, 'f') + "/invocations";
        co_await self->send("POST", path, "{}");
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 400);
        EXPECT_EQ(each.header("x-amzn-ErrorType"), "InvalidParameterValueException");
    }
}

TEST(contract_11, a_chunked_request_that_is_too_large_is_413) {
    session s;
    s.run([](session* self) -> task<> {
        spry::http::client client{*self->loop, self->emulator->local_address()};
        const spry::result<> connected = co_await client.connect();
        std::string request = "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: "
                              "localhost\r\nTransfer-Encoding: chunked\r\n\r\n700000\r\n";
        request.append(0x700000, ' ');
        request += "\r\n0\r\n\r\n";
        spry::http::message answer;
        const spry::io::send_parts whole{std::as_bytes(std::span{request})};
        const spry::result<spry::http::arrival> arrived =
            co_await client.round_trip(whole, &answer);
        reply got;
        if (connected && arrived)
            got.status = answer.status();
        self->replies.push_back(std::move(got));
    });
    EXPECT_EQ(s.replies[0].status, 413);
}

TEST(contract_11, a_bad_base64_context_and_unknown_types_are_400) {
    session s;
    s.run([](session* self) -> task<> {
        const std::array<session::fields, 5> wrong{
            session::fields{{"X-Amz-Invocation-Type", "Sometimes"}},
            session::fields{{"X-Amz-Log-Type", "Head"}},
            session::fields{{"X-Amz-Client-Context", "%%%"}},
            session::fields{{"X-Amz-Client-Context", "eyJhIjo="}}, // {"a":
        };
        for (std::size_t i = 0; i != 4; ++i)
            co_await self->invoke("{}", wrong[i]);
    });
    const char* const types[] = {"InvalidParameterValueException", "InvalidParameterValueException",
                                 "InvalidRequestContentException",
                                 "InvalidRequestContentException"};
    for (std::size_t i = 0; i != 4; ++i) {
        EXPECT_EQ(s.replies[i].status, 400) << i;
        EXPECT_EQ(s.replies[i].header("x-amzn-ErrorType"), types[i]) << i;
    }
    EXPECT_EQ(s.log_count("START"), 0);
}

TEST(emulator_front_door, refuses_pages_of_another_origin) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields origin{{"Origin", "https://evil.example"}};
        const session::fields cross_site{{"Sec-Fetch-Site", "cross-site"}};
        co_await self->invoke("{}", origin);
        co_await self->invoke("{}", cross_site);
        co_await self->send("GET", "/", "", origin);
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 403);
        EXPECT_EQ(each.header("x-amzn-ErrorType"), "AccessDeniedException");
        EXPECT_NE(each.body.find("another origin"), std::string::npos) << each.body;
    }
    EXPECT_EQ(s.log_count("START"), 0);
}

} // namespace
