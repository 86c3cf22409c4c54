// SPDX-License-Identifier: Apache-2.0
// Functions at their URLs, over real sockets: what of a request reaches the function, and what of
// its answer comes back.
#include "emulator_caller.hpp"
#include "emulator_session.hpp"

#include <spry/emulator/url_api.hpp>

#include <csignal>

namespace {

using spry::emulator::http_front;
using spry::emulator::read_url_target;
using spry_test::caller;
using spry_test::hear;
using spry_test::reply;
using spry_test::say;
using spry_test::session;
using spry_test::task;

TEST(emulator_url, names_the_function_and_leaves_it_the_rest_of_the_path) {
    const auto target = read_url_target("/lambda-url/a%20b/c%20d/e");
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->function, "a b");
    EXPECT_EQ(target->path, "/c%20d/e");
    EXPECT_EQ(read_url_target("/lambda-url/f")->path, "/");
    EXPECT_EQ(read_url_target("/lambda-url/f/")->path, "/");
    for (const char* other : {"/", "/lambda-url", "/lambda-url/", "/lambda-url//a", "/f/lambda-url",
                              "/lambda-url/%zz/"})
        EXPECT_FALSE(read_url_target(other)) << other;
}

// The fake function answers with its event where that asks for nothing else, and a function URL's
// event never does: what comes back is JSON without a status, and the body of a 200.
TEST(emulator_url, makes_an_event_of_a_request_of_any_method) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields fields{{"Content-Type", "text/plain"}, {"Cookie", "a=b; c=d"}};
        co_await self->send("PUT", "/lambda-url/function/x/y?q=1", "the body", fields);
        co_await self->send("DELETE", "/lambda-url/function");
    });
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].header("Content-Type"), "application/json");
    const std::string& event = s.replies[0].body;
    for (const char* part :
         {R"("rawPath":"/x/y")", R"("rawQueryString":"q=1")", R"("cookies":["a=b","c=d"])",
          R"("queryStringParameters":{"q":"1"})", R"("method":"PUT")", R"("body":"the body")",
          R"("isBase64Encoded":false)", R"("sourceIp":"127.0.0.1")"})
        EXPECT_NE(event.find(part), event.npos) << part << " in " << event;
    const std::string id = s.replies[0].header("x-amzn-RequestId");
    EXPECT_NE(event.find(R"("requestId":")" + id), event.npos);
    EXPECT_NE(s.replies[1].body.find(R"("method":"DELETE")"), std::string::npos);
    EXPECT_EQ(s.replies[1].body.find(R"("body")"), std::string::npos);
}

TEST(emulator_url, sends_what_is_no_text_in_base64) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields png{{"Content-Type", "image/png"}};
        co_await self->send("POST", "/lambda-url/function/", "hi", png);
        co_await self->send("POST", "/lambda-url/function/", "\xff\xfe");
    });
    EXPECT_NE(s.replies[0].body.find(R"("body":"aGk=","isBase64Encoded":true)"), std::string::npos);
    EXPECT_NE(s.replies[1].body.find(R"("body":"//4=","isBase64Encoded":true)"), std::string::npos);
}

TEST(emulator_url, answers_an_unknown_function_with_404) {
    session s;
    s.options.table = {s.options.function};
    s.options.table.front().name = "known";
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/lambda-url/other/");
        co_await self->send("GET", "/lambda-url/known/");
    });
    EXPECT_EQ(s.replies[0].status, 404);
    EXPECT_NE(s.replies[0].body.find("known"), std::string::npos);
    EXPECT_EQ(s.replies[1].status, 200);
}

// --- pages of other origins ----------------------------------------------------------------------

const session::fields from_a_page{{"Origin", "https://example.com"},
                                  {"Sec-Fetch-Site", "cross-site"}};

TEST(emulator_url, passes_on_what_a_page_of_another_origin_asks_and_shares_nothing) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/lambda-url/function/", "1", from_a_page);
        co_await self->send("POST", "/2015-03-31/functions/function/invocations", "1", from_a_page);
    });
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[0].header("Access-Control-Allow-Origin"), "");
    EXPECT_EQ(s.replies[1].status, 403);
    EXPECT_EQ(s.log_count("START"), 1);
}

TEST(emulator_url, answers_a_preflight_for_the_origins_it_was_told) {
    session s;
    s.options.cors_origins = {"https://example.com"};
    s.run([](session* self) -> task<> {
        session::fields preflight = from_a_page;
        preflight.push_back({"Access-Control-Request-Method", "PUT"});
        preflight.push_back({"Access-Control-Request-Headers", "x-one"});
        co_await self->send("OPTIONS", "/lambda-url/function/", "", preflight);
        co_await self->send("PUT", "/lambda-url/function/", "1", from_a_page);
        const session::fields other{{"Origin", "https://example.org"}};
        co_await self->send("PUT", "/lambda-url/function/", "1", other);
    });
    EXPECT_EQ(s.replies[0].status, 204);
    EXPECT_EQ(s.replies[0].header("Access-Control-Allow-Methods"), "PUT");
    EXPECT_EQ(s.replies[0].header("Access-Control-Allow-Headers"), "x-one");
    for (int i = 0; i != 2; ++i) {
        const reply& each = s.replies[static_cast<std::size_t>(i)];
        EXPECT_EQ(each.header("Access-Control-Allow-Origin"), "https://example.com");
        EXPECT_EQ(each.header("Vary"), "Origin");
    }
    EXPECT_EQ(s.replies[2].header("Access-Control-Allow-Origin"), "");
    EXPECT_EQ(s.log_count("START"), 2) << "a preflight is no invocation";
}

// --- the whole root ------------------------------------------------------------------------------

TEST(emulator_url, is_every_path_but_the_emulators_own_beside_it) {
    session s;
    s.options.http = http_front::beside;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "/");
        co_await self->send("GET", "/a/b");
        co_await self->invoke("7");
        co_await self->send("GET", "/_spry/");
    });
    EXPECT_NE(s.replies[0].body.find(R"("rawPath":"/")"), std::string::npos);
    EXPECT_NE(s.replies[1].body.find(R"("rawPath":"/a/b")"), std::string::npos);
    EXPECT_EQ(s.replies[2].body, "7");
    EXPECT_EQ(s.replies[3].status, 404);
}

TEST(emulator_url, is_every_path_where_it_is_alone) {
    session s;
    s.options.http = http_front::alone;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/2015-03-31/functions/function/invocations", "7");
        co_await self->send("GET", "/_spry/");
    });
    EXPECT_NE(s.replies[0].body.find(R"("rawPath":"/2015-03-31/functions/function/invocations")"),
              std::string::npos);
    EXPECT_NE(s.replies[1].body.find(R"("rawPath":"/_spry/")"), std::string::npos);
}

} // namespace
