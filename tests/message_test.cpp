// SPDX-License-Identifier: Apache-2.0
#include <spry/http/message.hpp>
#include <spry/http/parser.hpp>
#include <spry/http/target.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::http {
namespace {

// The text outlives the message that points into it.
bool parse(parser& with, message& into, const std::string& text) {
    with.start(into);
    return with.parse_head(text) == parser::outcome::complete;
}

TEST(message, splits_its_target) {
    parser requests{message_kind::request, 1000};
    message read;
    const std::string text = "GET /a/b?c=d?e HTTP/1.1\r\n\r\n";
    ASSERT_TRUE(parse(requests, read, text));
    EXPECT_EQ(read.method(), "GET");
    EXPECT_EQ(read.target(), "/a/b?c=d?e");
    EXPECT_EQ(read.path(), "/a/b");
    EXPECT_EQ(read.query(), "c=d?e");
    const std::string plain = "GET /a HTTP/1.1\r\n\r\n";
    ASSERT_TRUE(parse(requests, read, plain));
    EXPECT_EQ(read.path(), "/a");
    EXPECT_EQ(read.query(), "");
}

TEST(message, finds_headers_in_any_case_and_the_first_of_several) {
    parser requests{message_kind::request, 1000};
    message read;
    const std::string text = "GET / HTTP/1.1\r\nX-One: 1\r\nx-one: 2\r\nEmpty:\r\n\r\n";
    ASSERT_TRUE(parse(requests, read, text));
    EXPECT_EQ(read.header("x-ONE"), "1");
    EXPECT_EQ(read.header("Empty"), "");
    EXPECT_EQ(read.header("Missing"), std::nullopt);
    EXPECT_EQ(read.header_or_empty("Missing"), "");
    EXPECT_EQ(read.header("X-On"), std::nullopt);
}

TEST(message, knows_who_waits_for_permission) {
    parser requests{message_kind::request, 1000};
    message read;
    const std::string waits =
        "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
    ASSERT_TRUE(parse(requests, read, waits));
    EXPECT_TRUE(read.expects_continue());
    // HTTP/1.0 has no interim answers (RFC 9110 10.1.1).
    const std::string old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
    ASSERT_TRUE(parse(requests, read, old));
    EXPECT_FALSE(read.expects_continue());
}

TEST(target, decodes_percent_signs) {
    EXPECT_EQ(percent_decode("a%20b%2fC%C3%a4"), "a b/C\xc3\xa4");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode("a+b", plus_sign::is_space), "a b");
    for (const std::string_view bad : {"%", "%2", "%g0", "%0g", "a%"})
        EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(target, encodes_what_it_decodes) {
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_encode("aZ0-._~ /"), "aZ0-._~%20%2F");
}

TEST(target, cuts_a_path_into_segments) {
    std::string_view path = "/a//b/";
    std::vector<std::string> segments;
    while (const auto segment = next_segment(path))
        segments.emplace_back(*segment);
    EXPECT_EQ(segments, (std::vector<std::string>{"a", "", "b", ""}));
    std::string_view star = "*";
    EXPECT_EQ(next_segment(star), std::nullopt);
}

TEST(target, finds_query_parameters) {
    constexpr std::string_view query = "a=1&b+c=%2F+x&flag&a=2&bad=%zz";
    EXPECT_EQ(query_parameter(query, "a"), "1");
    EXPECT_EQ(query_parameter(query, "b c"), "/ x");
    EXPECT_EQ(query_parameter(query, "flag"), "");
    EXPECT_EQ(query_parameter(query, "bad"), std::nullopt);
    EXPECT_EQ(query_parameter(query, "missing"), std::nullopt);
}

} // namespace
} // namespace spry::http
