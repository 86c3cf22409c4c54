// SPDX-License-Identifier: Apache-2.0
// What a web page of another origin can make a browser send, each attempt against each of our
// addresses: no function runs, and nothing is told. tests/browser does it with a real one.
#include "emulator_caller.hpp"
#include "emulator_session.hpp"

#include <spry/emulator/program/page/status_page.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace {

using namespace spry_test;

struct target {
    const char* name;
    const char* method;
    const char* path;
};
constexpr target targets[] = {
    {"invoke", "POST", "/2015-03-31/functions/function/invocations"},
    {"invoke_with_response_stream", "POST",
     "/2021-11-15/functions/function/response-streaming-invocations"},
    {"form", "POST", "/_spry/send"},
    {"page", "GET", "/"},
    {"page_beside_the_function", "GET", "/_spry/"},
    {"sample_event", "GET", "/?sample=sqs"},
    {"invocation", "GET", "/_spry/invocations/1"},
    {"changes", "GET", "/_spry/changes?since=1"},
};

struct attempt {
    const char* name;
    session::fields headers;
};
const attempt attempts[] = {
    {"fetch", {{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}}},
    {"fetch_in_an_old_browser", {{"Origin", "https://evil.example"}}},
    {"another_port_of_this_machine",
     {{"Host", "localhost:9000"}, {"Origin", "http://localhost:3000"}}},
    {"same_site", {{"Sec-Fetch-Site", "same-site"}}},
    {"link", {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}}},
    // A redirect keeps where the request comes from, or makes an opaque origin of it.
    {"redirect", {{"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}}},
    {"redirect_in_an_old_browser", {{"Origin", "null"}}},
    {"sandboxed_frame", {{"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}}},
    {"rebound_name", {{"Host", "evil.example:9000"}}},
    {"rebound_name_and_its_origin",
     {{"Host", "evil.example:9000"},
      {"Origin", "http://evil.example:9000"},
      {"Sec-Fetch-Site", "same-origin"}}},
    {"form_of_plain_text", {{"Content-Type", "text/plain"}, {"Origin", "https://evil.example"}}},
    {"form_of_fields",
     {{"Content-Type", "application/x-www-form-urlencoded"}, {"Origin", "https://evil.example"}}},
    {"form_of_parts",
     {{"Content-Type", "multipart/form-data; boundary=b"}, {"Origin", "https://evil.example"}}},
    {"form_of_plain_text_without_origin",
     {{"Content-Type", "text/plain"}, {"Sec-Fetch-Site", "cross-site"}}},
    {"form_of_fields_without_origin",
     {{"Content-Type", "application/x-www-form-urlencoded"}, {"Sec-Fetch-Site", "cross-site"}}},
    {"form_of_parts_without_origin",
     {{"Content-Type", "multipart/form-data; boundary=b"}, {"Sec-Fetch-Site", "cross-site"}}},
    {"form_of_plain_text_with_origin_null", {{"Content-Type", "text/plain"}, {"Origin", "null"}}},
    {"form_of_fields_with_origin_null",
     {{"Content-Type", "application/x-www-form-urlencoded"}, {"Origin", "null"}}},
    {"form_of_parts_with_origin_null",
     {{"Content-Type", "multipart/form-data; boundary=b"}, {"Origin", "null"}}},
};

struct attempt_session : session {
    std::string request;
    std::string answer;
};

// The whole answer to it. Written by hand: a client's Host would be its own.
std::string answer_to(const attempt& how, const target& where, attempt_session& s) {
    constexpr std::string_view body = "function=test_function&event=%7B%7D";
    s.options.make_front_door = spry::emulator::make_status_page;
    s.request = std::string{where.method} + " " + where.path + " HTTP/1.1\r\nConnection: close\r\n";
    bool has_host = false;
    for (const auto& [name, value] : how.headers) {
        has_host = has_host || name == "Host";
        s.request += std::string{name} + ": " + std::string{value} + "\r\n";
    }
    if (!has_host)
        s.request += "Host: localhost:9000\r\n";
    s.request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    s.request += body;
    s.run([](session* self) -> task<> {
        auto* const of = static_cast<attempt_session*>(self);
        caller who{of};
        co_await say(&who, of->request);
        co_await hear(&who, "");
        of->answer = who.heard;
    });
    return s.answer;
}

bool is_forbidden(const std::string& answer) {
    return answer.starts_with("HTTP/1.1 403 ");
}

class foreign_page : public testing::TestWithParam<std::tuple<attempt, target>> {};

TEST_P(foreign_page, is_refused) {
    const auto& [how, where] = GetParam();
    attempt_session s;
    const std::string answer = answer_to(how, where, s);
    EXPECT_TRUE(is_forbidden(answer)) << answer;
    EXPECT_EQ(answer.find("Access-Control-Allow-Origin"), answer.npos);
    EXPECT_EQ(answer.find("name=\"token\""), answer.npos);
    EXPECT_EQ(s.log_count("START"), 0);
}

INSTANTIATE_TEST_SUITE_P(attempt, foreign_page,
                         testing::Combine(testing::ValuesIn(attempts), testing::ValuesIn(targets)),
                         [](const auto& of) {
                             return std::string{std::get<0>(of.param).name} + "_to_" +
                                    std::get<1>(of.param).name;
                         });

// On every bind, as in a container, where programs may use any name.
class foreign_page_on_every_address : public testing::TestWithParam<target> {};

TEST_P(foreign_page_on_every_address, cannot_use_a_rebound_name) {
    static const attempt rebound{
        "", {{"Host", "evil.example:8080"}, {"Origin", "http://evil.example:8080"}}};
    attempt_session s;
    s.options.listen = *spry::emulator::parse_listen("0.0.0.0:0");
    const std::string answer = answer_to(rebound, GetParam(), s);
    EXPECT_TRUE(is_forbidden(answer)) << answer;
    EXPECT_EQ(s.log_count("START"), 0);
}

INSTANTIATE_TEST_SUITE_P(with, foreign_page_on_every_address, testing::ValuesIn(targets),
                         [](const auto& of) { return of.param.name; });

// Neither Origin nor Sec-Fetch-Site, as programs send it, and browsers of long ago: what a page
// cannot know is the token. Invoke has none, and is for programs.
class foreign_form : public testing::TestWithParam<const char*> {};

TEST_P(foreign_form, lacks_the_token) {
    const attempt how{"", {{"Content-Type", GetParam()}}};
    attempt_session s;
    const std::string answer = answer_to(how, targets[2], s);
    const bool has_fields = std::string_view{GetParam()}.ends_with("urlencoded");
    EXPECT_TRUE(answer.starts_with(has_fields ? "HTTP/1.1 403 " : "HTTP/1.1 415 ")) << answer;
    EXPECT_EQ(s.log_count("START"), 0);
}

INSTANTIATE_TEST_SUITE_P(of, foreign_form,
                         testing::Values("text/plain", "application/x-www-form-urlencoded",
                                         "multipart/form-data; boundary=b"),
                         [](const auto& of) {
                             const std::string type = of.param;
                             return type.substr(0, type.find_first_of("/-"));
                         });

} // namespace
