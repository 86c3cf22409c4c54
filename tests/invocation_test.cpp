// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/invocation.hpp>

#include <spry/http/head_form.hpp>
#include <spry/http/message.hpp>
#include <spry/http/parser.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr system_clock::time_point then{milliseconds{1'800'000'000'000}};

system_clock::time_point now() noexcept {
    return then;
}
system_clock::time_point never() noexcept {
    ADD_FAILURE() << "the clock was read";
    return then;
}

TEST(invocation, takes_a_deadline_as_epoch_milliseconds) {
    EXPECT_EQ(spry::parse_deadline("1800000003000", never), then + milliseconds{3000});
    EXPECT_EQ(spry::parse_deadline("1799999999999", never), then - milliseconds{1});
}

// runtime-contract 10: an emulator sends the constant 600000.
TEST(invocation, takes_a_small_deadline_as_a_duration) {
    EXPECT_EQ(spry::parse_deadline("600000", now), then + milliseconds{600'000});
    EXPECT_EQ(spry::parse_deadline("99999999999", now), then + milliseconds{99'999'999'999});
}

TEST(invocation, has_no_deadline_where_the_header_is_absurd) {
    for (const std::string_view text :
         {"", "0", "-1", "soon", "180000000300ms", " 180000000300", "1e12", "1600000000000",
          "9000000000001", "99999999999999999999999", "0x10", "100000000000"}) {
        SCOPED_TRACE(text);
        EXPECT_EQ(spry::parse_deadline(text, never), std::nullopt);
    }
}

using spry::http::message;
using spry::http::parser;

void receive(message& into, std::string_view head) {
    parser reading{spry::http::message_kind::response, 8192};
    reading.start(into);
    ASSERT_EQ(reading.parse_head(head), parser::outcome::complete) << head;
}

void expect_equal(const spry::invocation& one, const spry::invocation& other) {
    EXPECT_EQ(one.request_id, other.request_id);
    EXPECT_EQ(one.function_arn, other.function_arn);
    EXPECT_EQ(one.trace_id, other.trace_id);
    EXPECT_EQ(one.tenant_id, other.tenant_id);
    EXPECT_EQ(one.client_context, other.client_context);
    EXPECT_EQ(one.cognito_identity, other.cognito_identity);
    EXPECT_EQ(one.content_type, other.content_type);
    EXPECT_EQ(one.deadline, other.deadline);
}

TEST(invocation, is_read_from_the_headers_of_an_event) {
    message head;
    receive(head, "HTTP/1.1 200 OK\r\n"
                  "content-type: text/plain\r\n"
                  "Lambda-Runtime-Aws-Request-Id: an id\r\n"
                  "lambda-runtime-deadline-ms: 1800000003000\r\n"
                  "Lambda-Runtime-Invoked-Function-Arn: an arn\r\n"
                  "Lambda-Runtime-Trace-Id:\r\n"
                  "Lambda-Runtime-Trace-Id: a trace\r\n"
                  "Lambda-Runtime-Trace-Id: another\r\n"
                  "Lambda-Runtime-Client-Context: {}\r\n"
                  "Lambda-Runtime-Cognito-Identity: {1}\r\n"
                  "Lambda-Runtime-Aws-Tenant-Id: a tenant\r\n"
                  "Lambda-Runtime-Aws-Tenant-Ix: nobody\r\n"
                  "Content-Length: 0\r\n\r\n");
    expect_equal(spry::invocation_reader{}.read(head, never),
                 {"an id", "an arn", "a trace", "a tenant", "{}", "{1}", "text/plain",
                  then + milliseconds{3000}});
    receive(head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect_equal(spry::invocation_reader{}.read(head, never),
                 {{}, {}, {}, {}, {}, {}, "application/json", {}});
}

// Heads whose names change now and then, or only the names' order, and some that nobody reads
// anything from: each is read as by one that has never seen another.
TEST(invocation, is_not_mixed_up_where_heads_change_their_form) {
    constexpr std::array names{"Lambda-Runtime-Aws-Request-Id",
                               "Lambda-Runtime-Trace-Id",
                               "Lambda-Runtime-Aws-Tenant-Id",
                               "Lambda-Runtime-Client-Context",
                               "Lambda-Runtime-Cognito-Identity",
                               "Date",
                               "Content-Type"};
    std::minstd_rand random{20261127};
    spry::http::head_form form;
    message known{form};
    message plain;
    spry::invocation_reader reader;
    std::vector<std::string> lines;
    std::set<std::uint32_t> forms;
    for (int i = 0; i != 2000; ++i) {
        if (i % 5 == 0) {
            lines.assign(names.begin(), names.end());
            std::ranges::shuffle(lines, random);
            lines.resize(1 + random() % names.size());
        }
        std::string head = "HTTP/1.1 200 OK\r\n";
        for (const std::string& name : lines)
            head += name + ": " + std::to_string(random() % 1000) + "\r\n";
        head += "Content-Length: 2\r\n\r\n";
        receive(known, head);
        receive(plain, head);
        forms.insert(known.form_number());
        if (random() % 4 != 0)
            expect_equal(reader.read(known), spry::invocation_reader{}.read(plain));
    }
    EXPECT_GT(forms.size(), 300u);
    EXPECT_LT(forms.size(), 500u);
}

} // namespace
