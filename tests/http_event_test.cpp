// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/http_answer.hpp>
#include <spry/emulator/http_event.hpp>

#include <spry/core/assert.hpp>
#include <spry/http/parser.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using spry::emulator::http_answer;
using spry::emulator::http_event_facts;
using spry::emulator::make_http_event;
using spry::emulator::read_http_answer;
using spry::emulator::read_prelude;

// --- the event -----------------------------------------------------------------------------------

// Of a request without a body, which a parser alone can read.
std::string event_of(const std::string& head, std::string_view path) {
    spry::http::parser parser{spry::http::message_kind::request, 64 * 1024};
    spry::http::message request;
    parser.start(request);
    EXPECT_EQ(parser.parse_head(head), spry::http::parser::outcome::complete);
    http_event_facts facts;
    facts.path = path;
    facts.source_ip = "127.0.0.1";
    facts.request_id = "the id";
    facts.trace_id = "Root=1";
    facts.time =
        std::chrono::system_clock::time_point{std::chrono::milliseconds{1'583'348'638'390}};
    return make_http_event(request, facts);
}

TEST(http_event, has_the_form_of_version_2) {
    EXPECT_EQ(event_of("GET /lambda-url/f/a%20b HTTP/1.1\r\nHost: localhost:9000\r\n"
                       "User-Agent: curl\r\n\r\n",
                       "/a%20b"),
              R"({"version":"2.0","routeKey":"$default","rawPath":"/a%20b","rawQueryString":"",)"
              R"("headers":{"host":"localhost:9000","user-agent":"curl",)"
              R"("x-amzn-trace-id":"Root=1","x-forwarded-for":"127.0.0.1",)"
              R"("x-forwarded-port":"9000","x-forwarded-proto":"http"},)"
              R"("requestContext":{"accountId":"anonymous","apiId":"local",)"
              R"("domainName":"localhost","domainPrefix":"local","http":{"method":"GET",)"
              R"("path":"/a%20b","protocol":"HTTP/1.1","sourceIp":"127.0.0.1",)"
              R"("userAgent":"curl"},"requestId":"the id","routeKey":"$default",)"
              R"("stage":"$default","time":"04/Mar/2020:19:03:58 +0000",)"
              R"("timeEpoch":1583348638390},"isBase64Encoded":false})");
}

TEST(http_event, joins_what_comes_twice_and_keeps_cookies_apart) {
    const std::string event =
        event_of("GET /?a=1&b=%26+x&a=2&bad=%zz&c HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one: 2\r\n"
                 "Cookie: a=b; c=d\r\nCookie: e=f\r\n\r\n",
                 "/");
    EXPECT_NE(event.find(R"("x-one":"1,2")"), event.npos) << event;
    EXPECT_NE(event.find(R"("cookies":["a=b","c=d","e=f"])"), event.npos) << event;
    EXPECT_EQ(event.find(R"("cookie")"), event.npos) << event;
    EXPECT_NE(event.find(R"("queryStringParameters":{"a":"1,2","b":"& x","c":""})"), event.npos)
        << event;
    EXPECT_NE(event.find(R"("rawQueryString":"a=1&b=%26+x&a=2&bad=%zz&c")"), event.npos) << event;
}

// --- the answer ----------------------------------------------------------------------------------

std::string shown(const std::optional<http_answer>& answer) {
    if (!answer)
        return "(none)";
    std::string text = std::to_string(answer->status);
    for (const auto& [name, value] : answer->headers)
        text += " " + name + ": " + value;
    return text + " | " + answer->body;
}

TEST(http_answer, is_what_an_object_with_a_status_says) {
    EXPECT_EQ(shown(read_http_answer(
                  R"({"statusCode":201,"headers":{"X-A":"b","X-N":7},"cookies":["c=d; Secure"],)"
                  R"("body":"made","other":1})")),
              "201 X-A: b X-N: 7 Set-Cookie: c=d; Secure | made");
    EXPECT_EQ(shown(read_http_answer(R"({"statusCode":204})")), "204 | ");
    EXPECT_EQ(shown(read_http_answer(R"({"statusCode":200,"body":"aGk=","isBase64Encoded":true})")),
              "200 | hi");
}

TEST(http_answer, is_json_in_any_other_case) {
    for (const char* text : {R"({"a":1})", R"("text")", "7", "[]", "null", "", "not json at all"})
        EXPECT_EQ(shown(read_http_answer(text)),
                  std::string{"200 Content-Type: application/json | "} + text);
}

TEST(http_answer, is_none_where_an_object_with_a_status_is_wrong) {
    for (const char* text :
         {R"({"statusCode":"OK"})", R"({"statusCode":99})", R"({"statusCode":600})",
          R"({"statusCode":200,"headers":{"a":{}}})", R"({"statusCode":200,"headers":[]})",
          R"({"statusCode":200,"body":{}})",
          R"({"statusCode":200,"body":"*","isBase64Encoded":true})"})
        EXPECT_EQ(shown(read_http_answer(text)), "(none)") << text;
}

TEST(http_answer, of_a_stream_begins_with_its_prelude) {
    EXPECT_EQ(shown(read_prelude(R"({"headers":{"Content-Type":"text/html"}})")),
              "200 Content-Type: text/html | ");
    EXPECT_EQ(shown(read_prelude("{}")), "200 | ");
    EXPECT_EQ(shown(read_prelude("[]")), "(none)");
}

} // namespace
