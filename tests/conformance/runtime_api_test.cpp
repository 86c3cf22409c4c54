// SPDX-License-Identifier: Apache-2.0
// The rows of runtime-contract 1 and 11 for the client, as far as they are about one event at a
// time, over real sockets and over a scripted network. Where the others are:
//
//     1.4, 1.9, 1.10, 11.2, 11.10   timing, exit, SnapStart: the tests of run and of snapshots
//     1.6, 11.5, 11.6               error reports: error_document_test, runtime_test
//     1.8, restore                  the tests of snapshots
//     11.3                          contract_1_1 here
//     11.4                          contract_1_8 here
//     11.7                          stream_test
//     11.8                          the tests of several workers
//     11.9                          log_output_test
//     11.11                         runtime_test
//     11.12                         drop_in/
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/response.hpp>

#include "conformance/whole_function.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace spry::tests;
using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::fake_runtime_api;
using spry::testing::recorded_request;
using spry::testing::script_step;
using std::chrono::milliseconds;

using lines = std::vector<std::string>;

response echo(event given) {
    return response::bytes(given.bytes(), given.content_type());
}

// Of an invocation, what its headers say.
std::string headers_seen(event given, context& about) {
    std::string all{about.request_id()};
    const auto deadline = about.deadline();
    all +=
        "|" +
        (deadline
             ? std::to_string(
                   std::chrono::duration_cast<milliseconds>(deadline->time_since_epoch()).count())
             : "none");
    for (const std::string_view value :
         {about.invoked_function_arn(), about.trace_id(), about.client_context(),
          about.cognito_identity(), about.tenant_id(), given.content_type()})
        all.append("|").append(value);
    return all;
}

constexpr auto headers_as_text = [](event given, context& about) {
    return response::text(headers_seen(given, about));
};

constexpr auto failing = [](event) -> response { throw std::runtime_error{"as told"}; };

// --- how each row is run -----------------------------------------------------------------------

class both_ways : public ::testing::TestWithParam<std::string> {
protected:
    static bool is_scripted() { return GetParam() == "scripted"; }

    template <class Handler>
    static ended run(std::vector<script_step> script, Handler handler) {
        if (is_scripted())
            return simulate_function(std::move(script), {"f", std::move(handler)});
        return run_function(std::move(script), std::move(handler));
    }
    /// Each is answered with 202.
    template <class Handler>
    static ended run_events(const std::vector<std::string>& events, Handler handler) {
        std::vector<script_step> script;
        for (const std::string& text : events) {
            script.push_back({text});
            script.push_back({accepted_answer()});
        }
        return run(std::move(script), std::move(handler));
    }
};

// Its posts' bodies.
lines bodies_of(const ended& outcome) {
    lines all;
    for (const recorded_request& request : outcome.requests) {
        if (request.start_line.starts_with("POST"))
            all.push_back(request.body);
    }
    return all;
}

#define SPRY_BOTH_WAYS(suite)                                                                      \
    class suite : public both_ways {};                                                             \
    INSTANTIATE_TEST_SUITE_P(both_ways, suite, ::testing::Values("sockets", "scripted"),           \
                             [](const auto& way) { return way.param; })

SPRY_BOTH_WAYS(contract_1_2);
SPRY_BOTH_WAYS(contract_1_3);
SPRY_BOTH_WAYS(contract_1_4);
SPRY_BOTH_WAYS(contract_1_5);
SPRY_BOTH_WAYS(contract_1_7);
SPRY_BOTH_WAYS(contract_1_8);
SPRY_BOTH_WAYS(contract_1_11);
SPRY_BOTH_WAYS(contract_11_1);

// --- 1.1 Endpoint forms ------------------------------------------------------------------------

struct form {
    std::string before, behind, host;
    bool is_ipv6;
    std::string base_path;
};

bool has_ipv6() {
    const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 local{};
    local.sin6_family = AF_INET6;
    local.sin6_addr = in6addr_loopback;
    const bool is_bound = ::bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0;
    ::close(fd);
    return is_bound;
}

TEST(contract_1_1, every_form_of_the_endpoint_is_spoken_to) {
    const form forms[] = {
        {"", "", "", false, ""},
        {"http://", "", "", false, ""},
        {"HTTP://", "/", "", false, ""},
        {"", "//", "", false, ""},
        {"http://", "/.rt", "", false, "/.rt"},
        {"http://", "/.rt/hello/", "", false, "/.rt/hello"},
        {"", "/base", "", false, "/base"},
        {"", "", "localhost", false, ""},
        {"http://", "/.rt/hello", "localhost", false, "/.rt/hello"},
        {"", "", "", true, ""},
        {"http://", "/.rt/", "", true, "/.rt"},
    };
    for (const form& each : forms) {
        SCOPED_TRACE(each.before + each.host + each.behind);
        if (each.is_ipv6 && !has_ipv6())
            continue;
        const ended outcome = run_function({{event_answer("a", "1")}, {accepted_answer()}}, echo,
                                           {.before = each.before,
                                            .behind = each.behind,
                                            .host = each.host,
                                            .is_ipv6 = each.is_ipv6});
        const std::string prefix = each.base_path + "/2018-06-01/runtime/invocation/";
        EXPECT_EQ(outcome.lines(), (lines{"GET " + prefix + "next HTTP/1.1",
                                          "POST " + prefix + "a/response HTTP/1.1",
                                          "GET " + prefix + "next HTTP/1.1"}));
        const std::string host =
            each.host.empty() ? (each.is_ipv6 ? "[::1]:" : "127.0.0.1:") : each.host + ":";
        for (const recorded_request& request : outcome.requests)
            EXPECT_TRUE(request.header("Host").starts_with(host)) << request.head;
    }
}

TEST(contract_1_1, the_init_error_is_behind_the_base_path_too) {
    const ended outcome =
        run_function({{accepted_answer()}}, echo, {.behind = "/.rt/hello/", .init = []() -> task<> {
                                                       throw std::runtime_error{"no database"};
                                                       co_return;
                                                   }});
    EXPECT_EQ(outcome.lines(), (lines{"POST /.rt/hello/2018-06-01/runtime/init/error HTTP/1.1"}));
}

[[noreturn]] void start_with(const char* runtime_api) {
    ::setenv("AWS_LAMBDA_RUNTIME_API", runtime_api, 1);
    std::string program = "function";
    char* arguments[] = {program.data(), nullptr};
    ::_exit(spry::run(1, arguments, {{"f", echo}}));
}

TEST(contract_1_1_death, a_value_that_is_none_ends_the_process_with_the_reason) {
    const std::pair<const char*, const char*> mistakes[] = {
        {"", "AWS_LAMBDA_RUNTIME_API is not set"},
        {"https://127.0.0.1:9001", "only the scheme http:// is spoken"},
        {"user@127.0.0.1:9001", "it has a user name"},
        {"127.0.0.1:9001?a=b", "it has a query or a fragment"},
        {"127.0.0.1:9001/x#y", "it has a query or a fragment"},
        {":9001", "the host is missing"},
        {"::1:9001", "an IPv6 address stands in brackets"},
        {"nobody.invalid:9001", "there is no host \"nobody.invalid\""},
    };
    for (const auto& [value, reason] : mistakes)
        EXPECT_EXIT(start_with(value), ::testing::ExitedWithCode(1), reason) << value;
}

TEST(contract_1_1, proxies_are_none_of_its_business) {
    fake_runtime_api proxy{{}};
    const std::string where = "http://" + proxy.address();
    const variable small{"http_proxy", where};
    const variable large{"HTTP_PROXY", where};
    const variable all{"ALL_PROXY", where};
    const ended outcome = run_function({{event_answer("a", "1")}, {accepted_answer()}}, echo);
    EXPECT_EQ(outcome.requests.size(), 3u);
    EXPECT_TRUE(proxy.finish().empty());
}

// --- 1.2 Endpoint table ------------------------------------------------------------------------

TEST_P(contract_1_2, each_call_has_its_method_and_its_path) {
    const auto handler = [](event given) {
        if (given.text() == "2")
            throw std::runtime_error{"as told"};
        return echo(given);
    };
    const ended outcome = run_events(
        {event_answer("8476a536-e9f4-11e8-9739-2dfe598c3fcd", "1"), event_answer("b", "2")},
        handler);
    EXPECT_EQ(outcome.lines(),
              (lines{std::string{next_line}, response_line("8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
                     std::string{next_line}, error_line("b"), std::string{next_line}}));
    EXPECT_EQ(outcome.requests[0].body, "");
    EXPECT_EQ(outcome.requests[0].header("Content-Length"), "");
}

TEST(contract_1_2_init, an_error_before_the_first_event_is_posted_to_init_error) {
    const ended outcome = run_function({{accepted_answer()}}, echo, {.init = []() -> task<> {
                                           throw std::runtime_error{"no database"};
                                           co_return;
                                       }});
    EXPECT_EQ(outcome.exit_code, 1);
    ASSERT_EQ(outcome.lines(), (lines{"POST /2018-06-01/runtime/init/error HTTP/1.1"}));
    const recorded_request& post = outcome.requests[0];
    EXPECT_EQ(post.header("Content-Length"), std::to_string(post.body.size()));
    EXPECT_NE(post.body.find("\"errorMessage\":\"no database\""), std::string::npos) << post.body;
}

TEST(contract_1_2_init, a_backend_that_cannot_be_had_is_posted_to_init_error) {
    const ended outcome = run_function({{accepted_answer()}}, echo, {.backend = "kqueue"});
    EXPECT_EQ(outcome.exit_code, 1);
    ASSERT_EQ(outcome.lines(), (lines{"POST /2018-06-01/runtime/init/error HTTP/1.1"}));
    EXPECT_EQ(
        outcome.requests[0].body,
        "{\"errorMessage\":\"SPRY_IO is \\\"kqueue\\\", which is no backend: use auto, uring, "
        "direct or epoll\",\"errorType\":\"Runtime.NoSuchBackend\",\"stackTrace\":[]}");
    EXPECT_EQ(outcome.requests[0].header("Lambda-Runtime-Function-Error-Type"),
              "Runtime.NoSuchBackend");
}

// RFC 3986 3.3: unreserved characters, sub-delims, ':' and '@' stand for themselves.
TEST_P(contract_1_2, of_an_id_only_what_a_segment_cannot_have_is_encoded) {
    std::string id;
    std::string expected;
    constexpr std::string_view plain = "-._~!$&'()*+,;=:@";
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (int byte = 0x21; byte <= 0xff; ++byte) {
        if (byte == 0x7f)
            continue;
        const char c = static_cast<char>(byte);
        id += c;
        const bool is_alnum =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (is_alnum || plain.find(c) != plain.npos)
            expected += c;
        else
            expected.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    const ended outcome =
        run_events({event_answer(id, "1"), event_answer("../../init/error?a b", "2")}, echo);
    EXPECT_EQ(outcome.lines().at(1), response_line(expected));
    EXPECT_EQ(outcome.lines().at(3), response_line("..%2F..%2Finit%2Ferror%3Fa%20b"));
}

// Such an answer is no HTTP; the next one is.
TEST_P(contract_1_2, an_id_with_a_line_end_or_a_nul_is_refused) {
    for (const std::string_view broken :
         {std::string_view{"a\rb"}, std::string_view{"a\nb"}, std::string_view{"a\0b", 3},
          std::string_view{"a\r\n b"}, std::string_view{"a\x01"}, std::string_view{"a\x7f"}}) {
        const ended outcome = run({{event_answer("whole", "1")},
                                   {accepted_answer()},
                                   {event_answer(broken, "2"), true},
                                   {event_answer("c", "3")},
                                   {accepted_answer()}},
                                  echo);
        EXPECT_EQ(outcome.lines(),
                  (lines{std::string{next_line}, response_line("whole"), std::string{next_line},
                         std::string{next_line}, response_line("c"), std::string{next_line}}))
            << ::testing::PrintToString(broken);
        EXPECT_EQ(outcome.logs("\tWARN\tthe answer to the call for an event could not be read"), 1u)
            << outcome.log;
    }
}

// --- 1.3 GET next: response headers ------------------------------------------------------------

struct header_of_next {
    std::string name, value, seen;
};

// In the order in which `headers_seen` says them; Content-Type, which is assumed, is not here.
const std::vector<header_of_next>& headers_of_next() {
    static const std::vector<header_of_next> all{
        {"Lambda-Runtime-Deadline-Ms", "4102444800123", "4102444800123"},
        {"Lambda-Runtime-Invoked-Function-Arn",
         "arn:aws:lambda:eu-west-1:012345678912:function:f:v",
         "arn:aws:lambda:eu-west-1:012345678912:function:f:v"},
        {"Lambda-Runtime-Trace-Id", "Root=1-2;Parent=3;Sampled=1;Lineage=4",
         "Root=1-2;Parent=3;Sampled=1;Lineage=4"},
        {"Lambda-Runtime-Client-Context", "{\"client\":{}}", "{\"client\":{}}"},
        {"Lambda-Runtime-Cognito-Identity",
         R"({"cognitoIdentityId":"a","cognitoIdentityPoolId":"b"})",
         R"({"cognitoIdentityId":"a","cognitoIdentityPoolId":"b"})"},
        {"Lambda-Runtime-Aws-Tenant-Id", "tenant 1", "tenant 1"},
    };
    return all;
}

// An event with one header, and what must be seen of it.
struct variant {
    std::string text;
    std::string seen;
};

// With `value` for the header of that index, or without values.
std::string expected_headers(std::size_t index, std::string_view value,
                             std::string_view content_type = "application/json") {
    std::string all = "id";
    for (std::size_t i = 0; i < headers_of_next().size(); ++i) {
        const std::string_view otherwise = i == 0 ? "none" : "";
        all.append("|").append(i == index ? value : otherwise);
    }
    return all.append("|").append(content_type);
}

std::string in_upper_case(std::string text) {
    for (char& c : text)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return text;
}
std::string in_lower_case(std::string text) {
    for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

void expect_seen(const std::vector<variant>& variants, const lines& bodies) {
    ASSERT_EQ(bodies.size(), variants.size());
    for (std::size_t i = 0; i < variants.size(); ++i)
        EXPECT_EQ(bodies[i], variants[i].seen) << variants[i].text;
}

std::vector<std::string> texts_of(const std::vector<variant>& variants) {
    std::vector<std::string> all;
    for (const variant& each : variants)
        all.push_back(each.text);
    return all;
}

constexpr std::string_view with_id = "Lambda-Runtime-Aws-Request-Id: id\r\n";

std::string event_with(std::string_view headers) {
    return answer(200, std::string{with_id} + std::string{headers}, "1");
}

constexpr std::size_t no_header = SIZE_MAX;

TEST_P(contract_1_3, each_header_is_read_in_any_case_with_any_blanks_and_the_first_counts) {
    std::vector<variant> all;
    for (std::size_t i = 0; i < headers_of_next().size(); ++i) {
        const header_of_next& header = headers_of_next()[i];
        const std::string seen = expected_headers(i, header.seen);
        const std::string line = ": " + header.value + "\r\n";
        for (const std::string& name :
             {header.name, in_upper_case(header.name), in_lower_case(header.name)})
            all.push_back({event_with(name + line), seen});
        all.push_back({event_with(header.name + ":" + header.value + "\r\n"), seen});
        all.push_back({event_with(header.name + ": \t " + header.value + " \t\r\n"), seen});
        all.push_back({event_with(header.name + line + header.name + ": 4\r\n"), seen});
        all.push_back(
            {event_with(header.name + ":\r\n" + in_lower_case(header.name) + line), seen});
    }
    const ended outcome = run_events(texts_of(all), headers_as_text);
    expect_seen(all, bodies_of(outcome));
}

TEST_P(contract_1_3, an_empty_header_is_an_absent_one) {
    std::vector<variant> all{{event_with(""), expected_headers(no_header, "")}};
    std::string each_empty;
    for (const header_of_next& header : headers_of_next()) {
        all.push_back({event_with(header.name + ":\r\n"), expected_headers(no_header, "")});
        all.push_back({event_with(header.name + ": \t \r\n"), expected_headers(no_header, "")});
        each_empty += header.name + ":\r\n";
    }
    each_empty += "Content-Type:\r\n";
    all.push_back({event_with(each_empty), expected_headers(no_header, "")});
    const ended outcome = run_events(texts_of(all), headers_as_text);
    expect_seen(all, bodies_of(outcome));
}

TEST_P(contract_1_3, a_deadline_that_is_none_leaves_the_invocation_without_one) {
    std::vector<variant> all;
    for (const char* value : {"soon", "0", "-1", "1e12", "99999999999999999999", "4102444800000ms",
                              "0x10", "1600000000000", "NaN"})
        all.push_back({event_with("Lambda-Runtime-Deadline-Ms: " + std::string{value} + "\r\n"),
                       expected_headers(no_header, "")});
    const ended outcome = run_events(texts_of(all), headers_as_text);
    expect_seen(all, bodies_of(outcome));
}

TEST_P(contract_1_3, the_content_type_is_as_sent_and_json_where_there_is_none) {
    std::vector<variant> all;
    for (const char* type : {"text/plain; charset=iso-8859-1", "application/x-www-form-urlencoded",
                             "application/octet-stream"})
        all.push_back({event_with("content-type: " + std::string{type} + "\r\n"),
                       expected_headers(no_header, "", type)});
    all.push_back({event_with(""), expected_headers(no_header, "")});
    const ended outcome = run_events(texts_of(all), headers_as_text);
    expect_seen(all, bodies_of(outcome));
}

std::string every_byte() {
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    return all;
}

std::string chunked_answer(std::string_view body, std::size_t chunk_size) {
    std::string text = "HTTP/1.1 200 OK\r\n" + std::string{with_id} +
                       "Transfer-Encoding: chunked\r\nDate: Sat, 21 Nov 2026 09:00:00 GMT\r\n\r\n";
    while (!body.empty()) {
        const std::string_view chunk = body.substr(0, chunk_size);
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", chunk.size());
        text.append(size).append(chunk).append("\r\n");
        body.remove_prefix(chunk.size());
    }
    return text + "0\r\n\r\n";
}

std::string open_ended_answer(std::string_view body) {
    return "HTTP/1.1 200 OK\r\n" + std::string{with_id} + "\r\n" + std::string{body};
}

TEST_P(contract_1_3, a_body_of_any_framing_is_given_unmodified) {
    for (const std::string& body : {every_byte(), std::string{}, std::string{"\xef\xbb\xbf{}"}}) {
        const ended outcome = run({{answer(200, with_id, body)},
                                   {accepted_answer()},
                                   {chunked_answer(body, 7)},
                                   {accepted_answer()},
                                   {chunked_answer(body, 1000)},
                                   {accepted_answer()},
                                   {open_ended_answer(body), true},
                                   {accepted_answer()}},
                                  echo);
        EXPECT_EQ(bodies_of(outcome), (lines{body, body, body, body}));
        ASSERT_EQ(outcome.requests.size(), 9u);
        EXPECT_EQ(outcome.requests[6].connection, 1);
        EXPECT_EQ(outcome.requests[7].connection, 2); // the body ended with the first
        EXPECT_EQ(outcome.requests[7].header("Content-Length"), std::to_string(body.size()));
    }
}

TEST_P(contract_1_3, the_largest_event_comes_in_any_framing_and_goes_back) {
    std::string body(6'291'556, 'x');
    for (std::size_t i = 0; i < body.size(); i += 997)
        body[i] = static_cast<char>('a' + i % 26);
    const ended outcome = run({{answer(200, with_id, body)},
                               {accepted_answer()},
                               {event_answer("small", "1")},
                               {accepted_answer()},
                               {chunked_answer(body, 100'000)},
                               {accepted_answer()},
                               {open_ended_answer(body), true},
                               {accepted_answer()}},
                              echo);
    const lines bodies = bodies_of(outcome);
    ASSERT_EQ(bodies.size(), 4u);
    EXPECT_TRUE(bodies[0] == body);
    EXPECT_EQ(bodies[1], "1");
    EXPECT_TRUE(bodies[2] == body);
    EXPECT_TRUE(bodies[3] == body);
}

TEST_P(contract_1_3, an_event_beyond_the_largest_is_refused_with_a_record) {
    const std::string body(6'291'557, 'x');
    for (const std::string& text : {answer(200, with_id, body), chunked_answer(body, 100'000)}) {
        const ended outcome = run({{event_answer("a", "1")},
                                   {accepted_answer()},
                                   {text, true},
                                   {event_answer("b", "2")},
                                   {accepted_answer()}},
                                  echo);
        EXPECT_EQ(bodies_of(outcome), (lines{"1", "2"}));
        EXPECT_EQ(outcome.logs("\tWARN\tthe answer to the call for an event could not be "
                               "read\treason=the message's body is larger than the limit"),
                  1u)
            << outcome.log;
    }
}

// --- 1.4 GET next: timing ----------------------------------------------------------------------

TEST_P(contract_1_4, a_duplicate_delivery_is_one_more_event) {
    const ended outcome = run({{event_answer("a", "1")},
                               {accepted_answer()},
                               {event_answer("a", "1")},
                               {answer(400, "", "{}")},
                               {event_answer("b", "2")},
                               {accepted_answer()}},
                              echo);
    EXPECT_EQ(outcome.lines().at(3), response_line("a"));
    EXPECT_EQ(outcome.lines().at(5), response_line("b"));
}

// --- 1.5 POST response -------------------------------------------------------------------------

TEST_P(contract_1_5, a_response_has_its_type_its_exact_length_and_nothing_to_wait_for) {
    struct sample {
        std::string name, type, body;
    };
    const std::vector<sample> samples{
        {"json", "application/json", "{\"a\":1}"},
        {"text", "text/plain; charset=utf-8", "grün"},
        {"bytes", "application/octet-stream", every_byte()},
        {"image", "image/png", std::string(70'000, '\x89')},
        {"empty", "application/json", ""},
        {"untyped", "application/octet-stream", "?"},
    };
    std::vector<std::string> events;
    for (const sample& each : samples)
        events.push_back(event_answer(each.name, "1"));
    const auto handler = [&samples](event, context& about) {
        const std::string_view name = about.request_id();
        if (name == "json")
            return response::json(samples[0].body);
        if (name == "text")
            return response::text(samples[1].body);
        if (name == "bytes")
            return response::bytes(samples[2].body);
        if (name == "image")
            return response::bytes(samples[3].body, "image/png");
        return name == "empty" ? response{} : response::bytes("?", "");
    };
    const ended outcome = run_events(events, handler);
    ASSERT_EQ(outcome.requests.size(), 2 * samples.size() + 1);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const recorded_request& post = outcome.requests[2 * i + 1];
        EXPECT_EQ(post.start_line, response_line(samples[i].name));
        EXPECT_TRUE(post.body == samples[i].body) << samples[i].name;
        EXPECT_EQ(post.header("Content-Type"), samples[i].type) << samples[i].name;
        EXPECT_EQ(post.header("Content-Length"), std::to_string(samples[i].body.size()));
        EXPECT_EQ(in_lower_case(post.head).find("\r\nexpect:"), std::string::npos);
        EXPECT_EQ(in_lower_case(post.head).find("\r\ntransfer-encoding:"), std::string::npos);
    }
}

TEST_P(contract_1_5, any_2xx_is_a_success_whose_body_is_read_to_its_end) {
    const std::string long_body(100'000, ' '); // more than the room behind an event
    const std::vector<std::string> acknowledgements{
        accepted_answer(),
        answer(200, "", ""),
        answer(201, "", "{\"status\":\"OK\"}\n"),
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
        "f\r\n{\"status\":\"OK\"}\r\n1\r\n\n\r\n0\r\n\r\n",
        answer(202, "", long_body),
        "HTTP/1.1 100 Continue\r\n\r\n" + accepted_answer(),
        answer(299, "", "?"),
    };
    std::vector<script_step> script;
    for (const std::string& text : acknowledgements) {
        script.push_back({event_answer("a", "1")});
        script.push_back({text});
    }
    const ended outcome = run(std::move(script), echo);
    EXPECT_EQ(outcome.requests.size(), 2 * acknowledgements.size() + 1);
    EXPECT_EQ(outcome.requests.back().connection, 1);
    EXPECT_EQ(outcome.logs("\tERROR\t") + outcome.logs("\tWARN\t"), 0u) << outcome.log;
}

TEST_P(contract_1_5, a_connection_that_is_to_be_closed_is_not_used_again) {
    const ended outcome = run({{event_answer("a", "1", "Connection: close\r\n"), true},
                               {answer(202, "Connection: close\r\n", "{}"), true},
                               {event_answer("b", "2")},
                               {accepted_answer()}},
                              echo);
    EXPECT_EQ(outcome.lines().at(1), response_line("a"));
    EXPECT_EQ(outcome.requests.at(1).connection, 2);
    EXPECT_EQ(outcome.requests.at(2).connection, 3);
    EXPECT_EQ(outcome.lines().at(3), response_line("b"));
}

// --- 1.7 Error answers of the Runtime API ------------------------------------------------------

struct refusal {
    int status;
    std::string body;
};

// As the service writes them, byte for byte.
const std::vector<refusal>& refusals() {
    static const std::vector<refusal> all{
        {400, R"({"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})"},
        {400,
         R"({"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"})"},
        {400,
         R"({"errorMessage":"HTTP request detected as truncated","errorType":"TruncatedHTTPRequest"})"},
        {403,
         R"({"errorMessage":"State transition from Ready to Ready failed for runtime. Error: State transition is not allowed","errorType":"InvalidStateTransition"})"},
        {410, R"({"errorMessage":"Invoke timeout","errorType":"InvokeTimeout"})"},
        {413,
         R"({"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"})"},
        {500, R"({"errorMessage":"Internal Server Error","errorType":"InternalServerError"})"},
    };
    return all;
}

std::string text_of(const refusal& each) {
    return answer(each.status,
                  "Content-Type: application/json\r\nDate: Sat, 21 Nov 2026 09:00:00 GMT\r\n",
                  each.body + "\n");
}

// 500 ends the process; the others end the invocation, and the connection goes on.
void expect_end(const ended& outcome, const refusal& each, const std::string& post) {
    SCOPED_TRACE(text_of(each) + outcome.log);
    EXPECT_EQ(outcome.exit_code, 1);
    const bool is_fatal = each.status == 500;
    ASSERT_EQ(outcome.requests.size(), is_fatal ? 2u : 5u);
    EXPECT_EQ(outcome.lines()[1], post);
    EXPECT_EQ(outcome.logs("requestId=a\tstatus=" + std::to_string(each.status)) +
                  outcome.logs("\ta\tERROR"),
              post.find("/error ") == std::string::npos ? 1u : 2u);
    if (is_fatal)
        return;
    EXPECT_EQ(outcome.lines()[3], response_line("b"));
    EXPECT_EQ(outcome.requests[4].connection, 1);
}

TEST_P(contract_1_7, an_error_answer_to_a_response_ends_what_it_must) {
    for (const refusal& each : refusals()) {
        const ended outcome = run({{event_answer("a", "1")},
                                   {text_of(each)},
                                   {event_answer("b", "2")},
                                   {accepted_answer()}},
                                  echo);
        expect_end(outcome, each, response_line("a"));
    }
}

// 413, upon which a shorter one is sent, has its own test.
TEST_P(contract_1_7, an_error_answer_to_an_error_ends_what_it_must) {
    const auto handler = [](event given) {
        if (given.text() == "1")
            throw std::runtime_error{"as told"};
        return echo(given);
    };
    for (const refusal& each : refusals()) {
        if (each.status == 413)
            continue;
        const ended outcome = run({{event_answer("a", "1")},
                                   {text_of(each)},
                                   {event_answer("b", "2")},
                                   {accepted_answer()}},
                                  handler);
        expect_end(outcome, each, error_line("a"));
    }
}

TEST_P(contract_1_7, an_error_answer_to_next_ends_the_process) {
    for (const refusal& each : refusals()) {
        if (each.status != 403 && each.status != 500)
            continue;
        const ended outcome = run({{text_of(each)}}, echo);
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_EQ(outcome.requests.size(), 1u);
        EXPECT_EQ(outcome.logs("\tFATAL\tthe Runtime API refuses to give events; the process "
                               "ends\tstatus=" +
                               std::to_string(each.status)),
                  1u)
            << outcome.log;
    }
}

// --- 1.8 What a correct client does for each outcome -------------------------------------------

TEST_P(contract_1_8, an_answer_to_next_that_is_no_event_is_never_handled_and_asked_again) {
    int calls = 0;
    const auto counting = [&calls](event given) {
        ++calls;
        return echo(given);
    };
    const std::string id = "Lambda-Runtime-Aws-Request-Id: ghost\r\n";
    const ended outcome = run({{"HTTP/1.1 204 No Content\r\n" + id + "\r\n"},
                               {answer(200, "", "no id")},
                               {answer(200, "Lambda-Runtime-Aws-Request-Id:\r\n", "empty id")},
                               {answer(201, id, "1")},
                               {answer(202, id, "1")},
                               {answer(206, id, "1")},
                               {event_answer("real", "1")},
                               {accepted_answer()}},
                              counting);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(outcome.lines().at(7), response_line("real"));
    EXPECT_EQ(outcome.requests.at(8).connection, 1);
    EXPECT_EQ(outcome.logs("\tWARN\tthe Runtime API sent an event without a request id"), 2u);
    if (is_scripted()) {
        EXPECT_EQ(outcome.took, 6 * milliseconds{50}); // a short pause for each
    }
}

TEST_P(contract_1_8, a_408_to_next_is_asked_again_at_once) {
    const ended outcome = run({{answer(408, "", "")},
                               {answer(408, "Connection: close\r\n", ""), true},
                               {event_answer("a", "1")},
                               {accepted_answer()}},
                              echo);
    EXPECT_EQ(outcome.lines().at(3), response_line("a"));
    EXPECT_EQ(outcome.took, milliseconds{0});
}

TEST_P(contract_1_8, another_refusal_of_next_is_asked_again_a_bounded_number_of_times) {
    for (const int status : {503, 400, 404, 429, 301, 502}) {
        const ended outcome = run(std::vector<script_step>(20, {answer(status, "", "")}), echo);
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_EQ(outcome.requests.size(), 5u);
        EXPECT_EQ(outcome.logs("\tERROR\tthe Runtime API did not give an event\tstatus=" +
                               std::to_string(status)),
                  5u)
            << outcome.log;
        EXPECT_EQ(outcome.logs("\tFATAL\tthe Runtime API gives no more events"), 1u);
        if (!is_scripted())
            break; // each takes its pauses
        EXPECT_EQ(outcome.took, milliseconds{50 + 100 + 200 + 400});
    }
}

TEST_P(contract_1_8, an_event_begins_the_count_anew) {
    std::vector<script_step> script;
    for (int i = 0; i < 3; ++i) {
        script.push_back({answer(503, "", "")});
        script.push_back({answer(503, "", "")});
        script.push_back({event_answer("a", "1")});
        script.push_back({accepted_answer()});
    }
    const ended outcome = run(std::move(script), echo);
    EXPECT_EQ(outcome.requests.size(), 13u);
    EXPECT_EQ(bodies_of(outcome), (lines{"1", "1", "1"}));
}

// What was cut while it idled costs nothing but the dial, and no record.
TEST_P(contract_1_8, a_connection_that_died_unseen_is_dialled_again) {
    for (const bool resets : {false, true}) {
        script_step dying{accepted_answer(), true};
        dying.resets = resets;
        const ended outcome = run(
            {{event_answer("a", "1")}, dying, {event_answer("b", "2")}, {accepted_answer()}}, echo);
        EXPECT_EQ(bodies_of(outcome), (lines{"1", "2"}));
        EXPECT_EQ(outcome.requests.at(2).connection, 2);
        EXPECT_EQ(outcome.logs("\tWARN\t") + outcome.logs("\tERROR\t"), 0u) << outcome.log;
        EXPECT_EQ(outcome.took, milliseconds{0});
    }
}

// The first of six is the connection that has idled, which is no failure.
TEST_P(contract_1_8, a_next_that_is_never_answered_ends_the_process) {
    for (const bool resets : {false, true}) {
        script_step silent{"", true};
        silent.resets = resets;
        std::vector<script_step> script(20, silent);
        script.insert(script.begin(), {{event_answer("a", "1")}, {accepted_answer()}});
        const ended outcome = run(std::move(script), echo);
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_EQ(outcome.requests.size(), 2u + 6u);
        EXPECT_EQ(outcome.logs("\tFATAL\tthe Runtime API gives no more events"), 1u) << outcome.log;
        if (!is_scripted())
            break; // it takes its pauses
    }
}

TEST(contract_1_8_refused, a_connection_that_nobody_takes_ends_the_process_with_the_reason) {
    std::string address;
    {
        fake_runtime_api gone{{}};
        address = gone.address();
    }
    EXPECT_EXIT(start_with(("http://" + address).c_str()), ::testing::ExitedWithCode(1), "");
}

TEST_P(contract_1_8, a_response_that_is_refused_ends_that_invocation_only) {
    for (const int status : {413, 400, 410, 403, 404, 502, 302}) {
        const ended outcome = run({{event_answer("a", "1")},
                                   {answer(status, "", "{\"errorType\":\"x\"}")},
                                   {event_answer("b", "2")},
                                   {accepted_answer()}},
                                  echo);
        EXPECT_EQ(outcome.lines(),
                  (lines{std::string{next_line}, response_line("a"), std::string{next_line},
                         response_line("b"), std::string{next_line}}))
            << status;
        EXPECT_EQ(outcome.logs("\tERROR\tthe Runtime API did not take the answer\trequestId=a\t"
                               "status=" +
                               std::to_string(status)),
                  1u)
            << outcome.log;
    }
}

// What was thrown, its cause and all; the caller learns what for in any case.
TEST_P(contract_1_8, a_413_to_an_error_document_has_it_posted_again_shortened_once) {
    const auto handler = [](event given) -> response {
        if (given.text() == "2")
            return echo(given);
        try {
            throw std::runtime_error{std::string(100'000, 'c')};
        } catch (...) {
            std::throw_with_nested(std::logic_error{std::string(100'000, 'm')});
        }
    };
    for (const int again : {202, 413}) {
        const ended outcome = run({{event_answer("a", "1")},
                                   {answer(413, "", "{\"errorType\":\"RequestEntityTooLarge\"}")},
                                   {answer(again, "", "{}")},
                                   {event_answer("b", "2")},
                                   {accepted_answer()}},
                                  handler);
        EXPECT_EQ(outcome.lines(),
                  (lines{std::string{next_line}, error_line("a"), error_line("a"),
                         std::string{next_line}, response_line("b"), std::string{next_line}}));
        const recorded_request& first = outcome.requests.at(1);
        const recorded_request& second = outcome.requests.at(2);
        EXPECT_GT(first.body.size(), 80'000u);
        EXPECT_LE(second.body.size(), 2880u);
        EXPECT_TRUE(second.body.starts_with("{\"errorMessage\":\"mmmmmmmmmm")) << second.body;
        EXPECT_TRUE(second.body.ends_with("\"errorType\":\"std::logic_error\",\"stackTrace\":[]}"))
            << second.body;
        EXPECT_EQ(second.header("Lambda-Runtime-Function-Error-Type"), "Function.LogicError");
        EXPECT_EQ(outcome.logs("the error is posted again, shortened\trequestId=a"), 1u)
            << outcome.log;
        EXPECT_EQ(outcome.logs("the Runtime API did not take the answer\trequestId=a\tstatus=413"),
                  again == 413 ? 2u : 1u)
            << outcome.log;
    }
}

// Again the same would be refused again.
TEST_P(contract_1_8, a_413_to_an_error_document_that_is_short_ends_that_invocation_only) {
    const auto handler = [](event given) -> response {
        if (given.text() == "2")
            return echo(given);
        return spry::failure("Order.NotFound", "there is no order 7");
    };
    const ended outcome = run({{event_answer("a", "1")},
                               {answer(413, "", "{}")},
                               {event_answer("b", "2")},
                               {accepted_answer()}},
                              handler);
    EXPECT_EQ(outcome.lines(),
              (lines{std::string{next_line}, error_line("a"), std::string{next_line},
                     response_line("b"), std::string{next_line}}));
}

TEST_P(contract_1_8, a_403_to_a_response_and_to_next_ends_the_process) {
    const ended outcome = run({{event_answer("a", "1")}, {answer(403, "", "{}")}}, echo);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.requests.size(), 3u);
}

TEST_P(contract_1_8, a_500_to_a_response_or_an_error_ends_the_process) {
    const std::vector<script_step> script{{event_answer("a", "1")}, {answer(500, "", "{}")}};
    for (const bool fails : {false, true}) {
        const ended outcome = fails ? run(script, failing) : run(script, echo);
        EXPECT_EQ(outcome.exit_code, 1);
        EXPECT_EQ(outcome.requests.size(), 2u);
        EXPECT_EQ(outcome.logs("\tFATAL\tthe Runtime API failed; the process ends\trequestId=a"),
                  1u)
            << outcome.log;
    }
}

TEST_P(contract_1_8, an_answer_is_never_sent_twice) {
    for (const bool fails : {false, true}) {
        for (const bool resets : {false, true}) {
            script_step silent{"", true};
            silent.resets = resets;
            const std::vector<script_step> script{
                {event_answer("a", "1")}, silent, {event_answer("b", "2")}, {accepted_answer()}};
            const ended outcome = fails ? run(script, failing) : run(script, echo);
            const auto line = fails ? error_line : response_line;
            EXPECT_EQ(outcome.lines(),
                      (lines{std::string{next_line}, line("a"), std::string{next_line}, line("b"),
                             std::string{next_line}}));
            EXPECT_EQ(outcome.logs("whether it arrived is unknown\trequestId=a"), 1u)
                << outcome.log;
        }
    }
}

// The event is what is being sent when the answer comes early: it must not be received over.
TEST(contract_1_8_early, a_413_is_read_while_the_response_is_being_sent) {
    const std::string body(3'000'000, 'e');
    script_step early{
        answer(413, "Connection: close\r\n", "{\"errorType\":\"RequestEntityTooLarge\"}")};
    early.read_bytes_max = 1000;
    const ended outcome = run_function(
        {{event_answer("big", body)}, early, {event_answer("b", "2")}, {accepted_answer()}}, echo);
    ASSERT_EQ(outcome.requests.size(), 5u);
    EXPECT_EQ(outcome.lines()[3], response_line("b"));
    EXPECT_EQ(outcome.requests[3].body, "2");
    EXPECT_EQ(outcome.logs("requestId=big\tstatus=413"), 1u) << outcome.log;
}

TEST(contract_1_8_init, an_init_error_ends_the_process_whatever_is_answered) {
    const std::vector<script_step> answers{
        {accepted_answer()}, {answer(403, "", "{}")}, {answer(500, "", "{}")}, {"", true}};
    for (const script_step& each : answers) {
        const ended outcome = run_function({each}, echo, {.init = []() -> task<> {
                                               throw std::runtime_error{"no database"};
                                               co_return;
                                           }});
        EXPECT_EQ(outcome.exit_code, 1) << each.answer;
        EXPECT_EQ(outcome.requests.size(), 1u) << each.answer;
    }
}

// --- 1.11 Identification -----------------------------------------------------------------------

TEST_P(contract_1_11, every_call_says_who_makes_it) {
    const auto handler = [](event given) {
        if (given.text() == "2")
            throw std::runtime_error{"as told"};
        return echo(given);
    };
    const ended outcome = run_events({event_answer("a", "1"), event_answer("b", "2")}, handler);
    ASSERT_EQ(outcome.requests.size(), 5u);
    for (const recorded_request& request : outcome.requests) {
        EXPECT_EQ(request.header("User-Agent"), "spry/0.1.0");
        EXPECT_EQ(request.header("Host"), outcome.requests[0].header("Host"));
    }
}

TEST(contract_1_11_init, an_init_error_says_who_makes_it) {
    const ended outcome = run_function({{accepted_answer()}}, echo, {.init = []() -> task<> {
                                           throw std::runtime_error{"no database"};
                                           co_return;
                                       }});
    EXPECT_EQ(outcome.requests.at(0).header("User-Agent"), "spry/0.1.0");
}

// --- 11.1 --------------------------------------------------------------------------------------

// A service in chunks, with a Date.
TEST_P(contract_11_1, events_in_the_form_of_the_service_are_taken) {
    const ended outcome = run_events({chunked_answer("{\"a\":1}", 100)}, echo);
    EXPECT_EQ(bodies_of(outcome), (lines{"{\"a\":1}"}));
}

// Managed instances, locally: headers that are always there, and empty.
TEST_P(contract_11_1, events_with_empty_headers_are_taken) {
    const ended outcome = run_events(
        {answer(200,
                "Content-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: id\r\n"
                "Lambda-Runtime-Client-Context:\r\nLambda-Runtime-Cognito-Identity: \r\n"
                "Lambda-Runtime-Trace-Id:\r\nLambda-Runtime-Deadline-Ms: 4102444800123\r\n",
                "{}")},
        headers_as_text);
    EXPECT_EQ(bodies_of(outcome), (lines{expected_headers(0, "4102444800123")}));
}

// cargo lambda: 204 with an id, no content type, a constant deadline, a client context that is no
// JSON, lower-case names, and 200 without a body for each post.
TEST_P(contract_11_1, events_in_the_form_of_another_emulator_are_taken) {
    const std::string given =
        "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: id\r\n"
        "lambda-runtime-deadline-ms: 600000\r\nlambda-runtime-invoked-function-arn: "
        "function-arn\r\n"
        "lambda-runtime-trace-id: Root=1-2;Parent=3;Sampled=1\r\n"
        "lambda-runtime-client-context: eyJhIjoxfQ==\r\ntransfer-encoding: chunked\r\n\r\n"
        "2\r\n{}\r\n0\r\n\r\n";
    const ended outcome =
        run({{"HTTP/1.1 204 No Content\r\nlambda-runtime-aws-request-id: ghost\r\n\r\n"},
             {given},
             {answer(200, "", "")},
             {given},
             {answer(200, "", "")}},
            [](event event_given, context& about) {
                const auto left = about.remaining_time();
                const bool is_plausible = left > milliseconds{0} && left <= milliseconds{600'000};
                return response::text(std::string{is_plausible ? "in time " : "? "} +
                                      std::string{about.client_context()} + " " +
                                      std::string{event_given.content_type()} + " " +
                                      std::string{event_given.text()});
            });
    const std::string seen = "in time eyJhIjoxfQ== application/json {}";
    EXPECT_EQ(bodies_of(outcome), (lines{seen, seen}));
    EXPECT_EQ(outcome.requests.back().connection, 1);
}

} // namespace
