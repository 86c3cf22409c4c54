// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/http_answer.hpp>
#include <spry/emulator/http_event.hpp>

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

// A member's text, of an event without escapes; "(none)" where it is not there.
std::string text_of(const std::string& event, const std::string& name) {
    const std::string start = "\"" + name + "\":\"";
    const std::size_t at = event.find(start);
    if (at == event.npos)
        return "(none)";
    const std::size_t value = at + start.size();
    return event.substr(value, event.find('"', value) - value);
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
              R"("domainName":"localhost","domainPrefix":"localhost","http":{"method":"GET",)"
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

TEST(http_event, names_domain_and_port_as_the_host_header_does) {
    struct {
        const char* host;
        const char* domain;
        const char* prefix;
        const char* port;
    } const cases[]{{"a.b.example:8080", "a.b.example", "a", "8080"},
                    {"localhost", "localhost", "localhost", "80"},
                    {"[::1]:9000", "[::1]", "[::1]", "9000"},
                    {"[::1]", "[::1]", "[::1]", "80"},
                    {"example.", "example", "example", "80"}};
    for (const auto& each : cases) {
        const std::string event =
            event_of("GET / HTTP/1.1\r\nHost: " + std::string{each.host} + "\r\n\r\n", "/");
        EXPECT_EQ(text_of(event, "domainName"), each.domain) << event;
        EXPECT_EQ(text_of(event, "domainPrefix"), each.prefix) << event;
        EXPECT_EQ(text_of(event, "x-forwarded-port"), each.port) << event;
    }
}

TEST(http_event, keeps_what_a_proxy_says_and_ends_the_list_of_addresses) {
    const std::string event = event_of("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\n"
                                       "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
                                       "/");
    EXPECT_EQ(text_of(event, "x-forwarded-for"), "1.2.3.4,127.0.0.1");
    EXPECT_EQ(text_of(event, "x-forwarded-proto"), "https");
    EXPECT_EQ(text_of(event, "x-forwarded-port"), "443");
    EXPECT_EQ(text_of(event, "sourceIp"), "127.0.0.1");
}

TEST(http_event, leaves_out_what_belongs_to_the_connection) {
    const std::string event =
        event_of("GET / HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n"
                 "TE: trailers\r\nKeep-Alive: 5\r\nExpect: 100-continue\r\nX-Own: kept\r\n\r\n",
                 "/");
    for (const char* name : {"connection", "upgrade", "te", "keep-alive", "expect"})
        EXPECT_EQ(text_of(event, name), "(none)") << event;
    EXPECT_EQ(text_of(event, "x-own"), "kept");
}

TEST(http_event, is_valid_where_a_query_is_no_utf_8) {
    const std::string event = event_of("GET /?%ff=1&%fe=%fd HTTP/1.1\r\nHost: h\r\n\r\n", "/");
    EXPECT_NE(event.find("{\"\xef\xbf\xbd\":\"1,\xef\xbf\xbd\"}"), event.npos) << event;
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
    EXPECT_EQ(shown(read_http_answer(R"({"statusCode":200,"headers":{"X-A":null,"X-B":true},)"
                                     R"("cookies":null,"body":null,"isBase64Encoded":null})")),
              "200 X-B: true | ");
    EXPECT_EQ(shown(read_http_answer(R"({"statusCode":200,"headers":null,"body":""})")), "200 | ");
    EXPECT_EQ(shown(read_http_answer(R"({"status\u0043ode":200,"statusCode":7,"body":"\u00e9"})")),
              "200 | \xC3\xA9");
    EXPECT_EQ(shown(read_http_answer(" { \"statusCode\" : 200 , \"headers\" : { \"X-N\" : 7 , "
                                     "\"X-Z\" : null } , \"body\" : \"b\" } \n")),
              "200 X-N: 7 | b");
}

TEST(http_answer, is_json_in_any_other_case) {
    for (const char* text :
         {R"({"body":{"statusCode":404},"headers":[1]})", R"({"statusCode":null})", R"({"a":1})",
          R"("text")", "7", "[]", "null", "", "not json at all"})
        EXPECT_EQ(shown(read_http_answer(text)),
                  std::string{"200 Content-Type: application/json | "} + text);
}

TEST(http_answer, is_none_where_an_object_with_a_status_is_wrong) {
    for (const char* text :
         {R"({"statusCode":"OK"})", R"({"statusCode":99})", R"({"statusCode":600})",
          R"({"statusCode":200,"headers":{"a":{}}})", R"({"statusCode":200,"headers":[]})",
          R"({"statusCode":200,"body":{}})", R"({"statusCode":200,"headers":{"a b":"c"}})",
          R"({"statusCode":200,"headers":{"":"c"}})", R"({"statusCode":200,"cookies":["a\n"]})",
          R"({"statusCode":200,"headers":{"a":"b\r\nc: d"}})",
          R"({"statusCode":200,"cookies":[7]})", R"({"statusCode":200.5})", R"({"statusCode":200)",
          R"({"statusCode":200,"cookies":"a=b"})", R"({"statusCode":200,"isBase64Encoded":1})",
          R"({"statusCode":99999999999})", R"({"statusCode":200,"other":tru})",
          R"({"statusCode":200,"body":"*","isBase64Encoded":true})"})
        EXPECT_EQ(shown(read_http_answer(text)), "(none)") << text;
}

TEST(http_answer, of_a_stream_begins_with_its_prelude) {
    EXPECT_EQ(shown(read_prelude(R"({"headers":{"Content-Type":"text/html"}})")),
              "200 Content-Type: text/html | ");
    EXPECT_EQ(shown(read_prelude("{}")), "200 | ");
    EXPECT_EQ(shown(read_prelude(R"({"statusCode":404,"cookies":["a=b"],"body":"ignored"})")),
              "404 Set-Cookie: a=b | ");
    for (const char* text :
         {"", "[]", "{", R"({"statusCode":100})", R"({"headers":{"a":"\u0000"}})"})
        EXPECT_EQ(shown(read_prelude(text)), "(none)") << text;
}

} // namespace
