// SPDX-License-Identifier: Apache-2.0
// Functions at their URLs, over real sockets: what of a request reaches the function, and what of
// its answer comes back.
#include "emulator_caller.hpp"
#include "emulator_session.hpp"

#include <spry/emulator/settings.hpp>
#include <spry/emulator/url_api.hpp>
#include <spry/http/target.hpp>

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
        for (const char* type : {"image/png", "application/x-www-form-urlencoded",
                                 "application/ld+json", "text/plain; charset=utf-8",
                                 "Application/JSON", "application/xml", "application/javascript"}) {
            const session::fields fields{{"Content-Type", type}};
            co_await self->send("POST", "/lambda-url/function/", "hi", fields);
        }
        co_await self->send("POST", "/lambda-url/function/", "hi");
        const session::fields text{{"Content-Type", "text/plain"}};
        co_await self->send("POST", "/lambda-url/function/", "\xff\xfe", text);
    });
    const auto has = [&s](std::size_t reply, const char* what) {
        return s.replies[reply].body.find(what) != std::string::npos;
    };
    for (const std::size_t binary : {0, 1, 2, 7})
        EXPECT_TRUE(has(binary, R"("body":"aGk=","isBase64Encoded":true)")) << binary;
    for (const std::size_t text : {3, 4, 5, 6})
        EXPECT_TRUE(has(text, R"("body":"hi","isBase64Encoded":false)")) << text;
    EXPECT_TRUE(has(8, R"("body":"//4=","isBase64Encoded":true)"));
}

TEST(emulator_url, says_how_long_a_body_was_that_came_in_chunks) {
    session s;
    s.run([](session* self) -> task<> {
        caller chunks{self};
        co_await say(&chunks, "POST /lambda-url/function/ HTTP/1.1\r\nHost: localhost\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n");
        co_await hear(&chunks, R"("isBase64Encoded":true})");
        EXPECT_NE(chunks.heard.find(R"("content-length":"3")"), std::string::npos) << chunks.heard;
        EXPECT_NE(chunks.heard.find(R"("body":"aGkh")"), std::string::npos) << chunks.heard;
        EXPECT_EQ(chunks.heard.find("transfer-encoding"), std::string::npos) << chunks.heard;
    });
}

TEST(emulator_url, takes_the_whole_address_as_a_target) {
    session s;
    s.options.http = http_front::beside;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", "http://localhost/lambda-url/function/a?b=c");
        co_await self->send("GET", "http://localhost/a?b=c");
        co_await self->send("GET", "http://localhost?b=c");
    });
    EXPECT_NE(s.replies[0].body.find(R"("rawPath":"/a","rawQueryString":"b=c")"),
              std::string::npos);
    EXPECT_NE(s.replies[1].body.find(R"("rawPath":"/a","rawQueryString":"b=c")"),
              std::string::npos);
    EXPECT_NE(s.replies[2].body.find(R"("rawPath":"/","rawQueryString":"b=c")"), std::string::npos);
}

// An event has its body in Base64, which makes it larger.
TEST(emulator_url, refuses_a_request_whose_event_is_too_large) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/lambda-url/function/", std::string(5'000'000, 'x'));
        co_await self->send("POST", "/lambda-url/function/", std::string(6'300'000, 'x'));
        co_await self->send("POST", "/lambda-url/function/?do=say&say=1",
                            std::string(4'000'000, 'x'));
    });
    EXPECT_EQ(s.replies[0].status, 413);
    EXPECT_EQ(s.replies[1].status, 413);
    EXPECT_EQ(s.replies[2].status, 200) << s.replies[2].body;
    EXPECT_EQ(s.log_count("START"), 1);
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

// --- what comes back ---------------------------------------------------------------------------

std::string to_say(std::string_view answer) {
    return "/lambda-url/function/?do=say&say=" + spry::http::percent_encode(answer);
}

// A streamed answer: its prelude, eight zero bytes and its body; `then` is what the function does.
std::string to_stream(std::string_view prelude, std::string_view body, std::string_view then = "") {
    return "/lambda-url/function/?do=stream_say&then=" + std::string{then} +
           "&say=" + spry::http::percent_encode(prelude) + "%00%00%00%00%00%00%00%00|" +
           spry::http::percent_encode(body);
}

TEST(emulator_url, answers_with_what_the_function_says) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", to_say(R"({"statusCode":201,"headers":{"X-A":"b"},)"
                                          R"("cookies":["c=d","e=f"],"body":"made"})"));
        co_await self->send("GET",
                            to_say(R"({"statusCode":200,"headers":{"content-type":"image/png"},)"
                                   R"("body":"AAE=","isBase64Encoded":true})"));
        co_await self->send("GET", to_say(R"("text")"));
    });
    EXPECT_EQ(s.replies[0].status, 201);
    EXPECT_EQ(s.replies[0].body, "made");
    EXPECT_EQ(s.replies[0].header("X-A"), "b");
    EXPECT_EQ(s.replies[0].header("Set-Cookie"), "c=d");
    EXPECT_EQ(s.replies[0].header("Content-Type"), "application/json");
    EXPECT_NE(s.replies[0].header("x-amzn-RequestId"), "");
    EXPECT_TRUE(s.replies[0].header("Date").ends_with(" GMT")) << s.replies[0].header("Date");
    EXPECT_EQ(s.replies[1].header("Content-Type"), "image/png");
    EXPECT_EQ(s.replies[1].body, std::string("\0\1", 2));
    EXPECT_EQ(s.replies[2].body, R"("text")");
}

TEST(emulator_url, keeps_the_connections_own_headers_to_itself) {
    session s;
    s.run([](session* self) -> task<> {
        co_await self->send("GET", to_say(R"({"statusCode":200,"headers":{"Content-Length":"3",)"
                                          R"("connection":"close","Transfer-Encoding":"chunked"},)"
                                          R"("body":"whole"})"));
    });
    EXPECT_EQ(s.replies[0].body, "whole");
    EXPECT_EQ(s.replies[0].header("Content-Length"), "5");
    EXPECT_EQ(s.replies[0].header("Connection"), "");
    EXPECT_EQ(s.replies[0].header("x-amzn-Remapped-Content-Length"), "3");
}

TEST(emulator_url, sends_no_body_where_there_can_be_none) {
    session s;
    s.run([](session* self) -> task<> {
        caller one{self};
        const std::string end = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        const std::string answer = to_say(R"({"statusCode":200,"body":"xyz"})");
        co_await say(&one, "HEAD " + answer + end);
        co_await hear(&one, "\r\n\r\n");
        co_await say(&one, "GET " + to_say(R"({"statusCode":204,"body":"xyz"})") + end);
        co_await hear(&one, "204 No Content");
        co_await say(&one, "HEAD " + to_stream(R"({"statusCode":200})", "xyz") + end);
        co_await hear(&one, "chunked");
        co_await say(&one, "GET " + to_stream(R"({"statusCode":304})", "xyz") + end);
        co_await hear(&one, "304 Not Modified");
        co_await say(&one, "GET " + answer + end);
        co_await hear(&one, "xyz");
        EXPECT_EQ(one.heard.find("xyz"), one.heard.size() - 3) << one.heard;
        EXPECT_NE(one.heard.find("Content-Length: 3"), std::string::npos) << one.heard;
    });
}

TEST(emulator_url, answers_502_where_the_function_gives_no_answer) {
    session s;
    s.run([](session* self) -> task<> {
        for (const char* what : {"error", "exit"})
            co_await self->send("GET", "/lambda-url/function/?do=" + std::string{what});
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 502);
        EXPECT_EQ(each.body, R"({"Message":"Internal Server Error"})");
    }
}

// Nothing of such an answer is sent, the headers before the bad one included.
TEST(emulator_url, answers_502_where_the_answer_is_none) {
    session s;
    s.run([](session* self) -> task<> {
        for (const char* wrong :
             {R"({"statusCode":99})", R"({"statusCode":"no"})", R"({"statusCode":200,"body":[]})",
              R"({"statusCode":200,"headers":{"a":"1","b":"c\r\nd: e"}})"}) {
            co_await self->send("GET", to_say(wrong));
            co_await self->send("GET", to_stream(wrong, "abc"));
        }
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 502);
        EXPECT_EQ(each.header("a"), "");
        EXPECT_EQ(each.header("d"), "");
    }
}

// --- streams -----------------------------------------------------------------------------------

TEST(emulator_url, streams_behind_a_prelude_that_is_cut_anywhere) {
    session s;
    s.run([](session* self) -> task<> {
        const std::string whole =
            to_stream(R"({"statusCode":202,"headers":{"X-A":"b"},"cookies":["c=d"]})", "the body");
        co_await self->send("GET", whole);
        // Each byte is a chunk.
        const std::size_t text = whole.find("say=%") + 4;
        std::string bytes = whole.substr(0, text);
        for (std::size_t at = text; at < whole.size(); ++at) {
            const std::size_t size = whole[at] == '%' ? 3 : 1;
            bytes += whole.substr(at, size) + "|";
            at += size - 1;
        }
        co_await self->send("GET", bytes);
    });
    for (const reply& each : s.replies) {
        EXPECT_EQ(each.status, 202);
        EXPECT_EQ(each.header("X-A"), "b");
        EXPECT_EQ(each.header("Set-Cookie"), "c=d");
        EXPECT_EQ(each.body, "the body");
    }
}

TEST(emulator_url, streams_what_has_no_prelude_as_it_arrives) {
    session s;
    s.run([](session* self) -> task<> {
        caller listener{self};
        co_await say(&listener, "GET /lambda-url/function/?do=stream_gated HTTP/1.1\r\n"
                                "Host: localhost\r\n\r\n");
        co_await hear(&listener, "first");
        EXPECT_NE(listener.heard.find("HTTP/1.1 200 OK"), std::string::npos);
        EXPECT_NE(listener.heard.find("Content-Type: application/octet-stream"), std::string::npos);
        EXPECT_EQ(listener.heard.find("second"), std::string::npos);
        ::kill(self->function_pid(), SIGUSR1);
        co_await hear(&listener, "second");
        co_await hear(&listener, "\r\n0\r\n\r\n");
        EXPECT_FALSE(listener.has_ended);
    });
}

TEST(emulator_url, cuts_the_connection_where_a_stream_fails_behind_its_head) {
    session s;
    s.run([](session* self) -> task<> {
        for (const char* how : {"?do=stream_error", "?do=stream_exit", "?do=stream_cut"}) {
            caller listener{self};
            co_await say(&listener, "GET /lambda-url/function/" + std::string{how} +
                                        " HTTP/1.1\r\nHost: localhost\r\n\r\n");
            co_await hear(&listener, "");
            EXPECT_TRUE(listener.heard.starts_with("HTTP/1.1 200 OK")) << how << listener.heard;
            EXPECT_EQ(listener.heard.find("\r\n0\r\n"), std::string::npos) << how << listener.heard;
        }
        caller listener{self};
        co_await say(&listener, "GET " + to_stream("{}", "half", "fail") +
                                    " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        co_await hear(&listener, "");
        EXPECT_NE(listener.heard.find("half"), std::string::npos) << listener.heard;
        EXPECT_EQ(listener.heard.find("\r\n0\r\n"), std::string::npos) << listener.heard;
    });
}

TEST(emulator_url, answers_502_where_a_prelude_does_not_end) {
    session s;
    s.options.function.timeout = std::chrono::milliseconds{300};
    s.run([](session* self) -> task<> {
        // The stream ends before it, and so does the function's time.
        co_await self->send("GET",
                            "/lambda-url/function/?do=stream_say&say=%7B%7D%00%00%00%00%00%00%00");
        co_await self->send("GET", "/lambda-url/function/?do=stream_say&then=hang&say=%7B%7D");
        co_await self->send("GET", to_stream(R"({"statusCode":200})", "as ever"));
    });
    EXPECT_EQ(s.replies[0].status, 502);
    EXPECT_EQ(s.replies[1].status, 502);
    EXPECT_EQ(s.log_count("timed out"), 1) << s.log();
    EXPECT_EQ(s.replies[2].body, "as ever");
}

TEST(emulator_url, does_not_wait_for_the_function_where_its_prelude_is_too_long) {
    session s; // whose function has a minute
    s.run([](session* self) -> task<> {
        caller one{self};
        co_await say(&one,
                     "GET /lambda-url/function/?do=stream_blanks_and_hang&n=100000 HTTP/1.1\r\n"
                     "Host: localhost\r\n\r\n");
        co_await hear(&one, "Internal Server Error");
        EXPECT_TRUE(one.heard.starts_with("HTTP/1.1 502 ")) << one.heard;
        EXPECT_EQ(self->log_count("END"), 0);
        ::kill(self->function_pid(), SIGKILL);
    });
}

TEST(emulator_url, lets_the_function_end_where_its_caller_has_gone) {
    session s;
    s.run([](session* self) -> task<> {
        {
            caller gone{self};
            co_await say(&gone, "GET /lambda-url/function/?do=stream_gated HTTP/1.1\r\n"
                                "Host: localhost\r\n\r\n");
            co_await hear(&gone, "first");
        }
        ::kill(self->function_pid(), SIGUSR1);
        co_await self->log_has("END");
        co_await self->send("GET", to_say("7"));
    });
    EXPECT_EQ(s.replies[0].body, "7");
    EXPECT_EQ(s.log_count("END"), 2);
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

// What browsers look at, of an answer.
std::string cors_headers_of(const reply& of) {
    std::string all;
    for (const auto& [name, value] : of.headers) {
        if (name.starts_with("Access-Control-") || name == "Vary")
            all += name + ": " + value + "\n";
    }
    return all;
}

session::fields preflight(const char* origin = "https://example.com") {
    return {{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}};
}

TEST(emulator_url, passes_a_preflight_on_where_nothing_is_set) {
    session s;
    s.run([](session* self) -> task<> {
        const session::fields asks = preflight();
        co_await self->send("OPTIONS",
                            to_say(R"({"statusCode":200,"headers":)"
                                   R"({"Access-Control-Allow-Origin":"*"}})"),
                            "", asks);
    });
    EXPECT_EQ(cors_headers_of(s.replies[0]), "Access-Control-Allow-Origin: *\n");
    EXPECT_EQ(s.log_count("START"), 1);
}

TEST(emulator_url, sets_the_cors_headers_that_are_configured) {
    session s;
    s.options.cors = *spry::emulator::read_cors_origins("https://example.com,https://example.net");
    s.run([](session* self) -> task<> {
        for (const char* origin : {"https://example.com", "https://example.org"}) {
            const session::fields asks = preflight(origin);
            const session::fields page{{"Origin", origin}};
            co_await self->send("OPTIONS", "/lambda-url/function/", "", asks);
            co_await self->send("PUT", "/lambda-url/function/", "1", page);
        }
        co_await self->send("OPTIONS", "/lambda-url/function/"); // not a browser's question
    });
    EXPECT_EQ(s.replies[0].status, 204);
    EXPECT_EQ(cors_headers_of(s.replies[0]),
              "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\n"
              "Access-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: *\n");
    EXPECT_EQ(cors_headers_of(s.replies[1]),
              "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\n");
    for (const std::size_t other : {2, 3, 4})
        EXPECT_EQ(cors_headers_of(s.replies[other]), "Vary: Origin\n");
    EXPECT_EQ(s.log_count("START"), 3) << "a preflight is no invocation";
}

TEST(emulator_url, sets_each_cors_header_for_the_answers_it_belongs_to) {
    session s;
    s.options.cors = {{"*"}, "GET, PUT", "X-A", "X-B, X-C", 60, true};
    s.run([](session* self) -> task<> {
        const session::fields asks = preflight();
        co_await self->send("OPTIONS", "/lambda-url/function/", "", asks);
        co_await self->send("GET", "/lambda-url/function/", "", from_a_page);
    });
    EXPECT_EQ(cors_headers_of(s.replies[0]),
              "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\n"
              "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: GET, PUT\n"
              "Access-Control-Allow-Headers: X-A\nAccess-Control-Max-Age: 60\n");
    EXPECT_EQ(cors_headers_of(s.replies[1]),
              "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\n"
              "Access-Control-Allow-Credentials: true\n"
              "Access-Control-Expose-Headers: X-B, X-C\n");
}

// As at the service, where browsers then refuse the answer: two places have set it.
TEST(emulator_url, passes_the_functions_cors_headers_on_beside_the_configured_ones) {
    session s;
    s.options.cors = *spry::emulator::read_cors_origins("*");
    s.run([](session* self) -> task<> {
        co_await self->send("GET",
                            to_say(R"({"statusCode":200,"headers":)"
                                   R"({"Access-Control-Allow-Origin":"*"}})"),
                            "", from_a_page);
    });
    EXPECT_EQ(cors_headers_of(s.replies[0]),
              "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\n"
              "Access-Control-Allow-Origin: *\n");
}

TEST(emulator_url, opens_the_http_front_to_any_page_and_nothing_beside_it) {
    session s;
    s.options.http = http_front::beside;
    s.options.cors = *spry::emulator::read_cors_origins("*");
    s.run([](session* self) -> task<> {
        co_await self->send("POST", "/any/path", "1", from_a_page);
        co_await self->send("GET", "/any/path", "", from_a_page);
        for (const char* path : {"/2015-03-31/functions/function/invocations",
                                 "/2021-11-15/functions/function/response-streaming-invocations"}) {
            co_await self->send("POST", path, "1", from_a_page);
            const session::fields asks = preflight();
            co_await self->send("OPTIONS", path, "", asks);
        }
    });
    EXPECT_EQ(s.replies[0].status, 200);
    EXPECT_EQ(s.replies[1].status, 200);
    for (std::size_t i = 2; i != s.replies.size(); ++i) {
        EXPECT_EQ(s.replies[i].status, 403);
        EXPECT_EQ(cors_headers_of(s.replies[i]), "");
    }
    EXPECT_EQ(s.log_count("START"), 2);
}

// A name of somebody else's that resolves to this machine, and targets that look like others.
TEST(emulator_url, takes_requests_to_any_name_and_lets_none_of_them_invoke) {
    session s;
    s.options.http = http_front::beside;
    s.run([](session* self) -> task<> {
        const std::string to_another =
            " HTTP/1.1\r\nHost: example.com\r\nContent-Length: 1\r\n\r\n7";
        const std::string invoke = "/2015-03-31/functions/function/invocations";
        caller page{self};
        co_await say(&page, "POST /a" + to_another);
        co_await hear(&page, R"("domainName":"example.com")");
        co_await say(&page, "POST /lambda-url/function/" + to_another);
        co_await hear(&page, R"("rawPath":"/")");
        co_await say(&page, "POST /%32015-03-31/functions/function/invocations" + to_another);
        co_await hear(&page, R"("rawPath":"/%32015-03-31/functions)");
        co_await say(&page, "POST /lambda-url/function/../../2015-03-31/functions" + to_another);
        co_await hear(&page, R"("rawPath":"/../../2015-03-31/functions")");
        EXPECT_EQ(self->log_count("START"), 4);
        for (const std::string& target :
             {invoke, "http://localhost" + invoke, invoke + "?a=/lambda-url/f"}) {
            caller refused{self};
            co_await say(&refused, "POST " + target + to_another);
            co_await hear(&refused, "AccessDeniedException");
            EXPECT_TRUE(refused.heard.starts_with("HTTP/1.1 403 ")) << refused.heard;
        }
    });
    EXPECT_EQ(s.log_count("START"), 4);
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

// --- the end of an HTTP service ----------------------------------------------------------------

TEST(emulator_url, answers_all_that_have_called_before_it_ends) {
    session s;
    s.options.http = http_front::alone;
    s.run([](session* self) -> task<> {
        caller in_hand{self};
        caller waiting{self};
        caller idle{self};
        co_await say(&in_hand, "GET /?do=stream_gated HTTP/1.1\r\nHost: h\r\n\r\n");
        co_await hear(&in_hand, "first");
        co_await say(&waiting, "GET /?do=say&say=%22waited%22 HTTP/1.1\r\nHost: h\r\n\r\n");
        co_await say(&idle, "\r\n"); // no request yet
        self->stop.request_stop();
        co_await hear(&idle, "");
        EXPECT_EQ(idle.heard, "");
        ::kill(self->function_pid(), SIGUSR1);
        co_await hear(&in_hand, "");
        co_await hear(&waiting, "");
        EXPECT_NE(in_hand.heard.find("second"), std::string::npos) << in_hand.heard;
        EXPECT_NE(waiting.heard.find(R"("waited")"), std::string::npos) << waiting.heard;
    });
    EXPECT_TRUE(s.outcome && *s.outcome);
}

TEST(emulator_url, ends_at_once_where_it_is_told_twice) {
    session s;
    s.options.http = http_front::alone;
    s.run([](session* self) -> task<> {
        caller in_hand{self};
        co_await say(&in_hand, "GET /?do=hang_deaf HTTP/1.1\r\nHost: h\r\n\r\n");
        co_await self->log_has("START");
        self->stop.request_stop();
        self->at_once.request_stop();
        co_await hear(&in_hand, "");
    });
    EXPECT_TRUE(s.outcome && *s.outcome);
}

} // namespace
