// SPDX-License-Identifier: Apache-2.0
// What the wire tables of connection_test.cpp do not show: limits at the exact byte, and buffers
// that move.
#include <spry/http/parser.hpp>

#include <spry/http/limits.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace spry::http {
namespace {

using outcome = parser::outcome;

// A head of exactly that many bytes.
std::string head_of(std::size_t size) {
    const std::string front = "GET / HTTP/1.1\r\nA: ";
    return front + std::string(size - front.size() - 4, 'x') + "\r\n\r\n";
}

TEST(parser, takes_a_head_of_exactly_the_limit) {
    parser requests{message_kind::request, 100};
    message read;
    const std::string head = head_of(100) + "rest";
    requests.start(read);
    EXPECT_EQ(requests.parse_head(head), outcome::complete);
    EXPECT_EQ(requests.head_size(), 100u);
    requests.start(read);
    for (std::size_t size = 1; size < 100; ++size)
        ASSERT_EQ(requests.parse_head(std::string_view{head}.substr(0, size)), outcome::incomplete);
    EXPECT_EQ(requests.parse_head(std::string_view{head}.substr(0, 100)), outcome::complete);
}

TEST(parser, refuses_a_head_of_one_byte_more) {
    parser requests{message_kind::request, 100};
    message read;
    const std::string head = head_of(101);
    requests.start(read);
    EXPECT_EQ(requests.parse_head(head), outcome::too_large);
    requests.start(read);
    for (std::size_t size = 1; size < 100; ++size)
        ASSERT_EQ(requests.parse_head(std::string_view{head}.substr(0, size)), outcome::incomplete);
    EXPECT_EQ(requests.parse_head(std::string_view{head}.substr(0, 100)), outcome::too_large);
}

TEST(parser, follows_a_buffer_that_moves) {
    const std::string head = "GET /abc HTTP/1.1\r\nName: value\r\nOther: x\r\n\r\n";
    parser requests{message_kind::request, 1000};
    message read;
    requests.start(read);
    std::unique_ptr<char[]> memory;
    for (std::size_t size = 1; size <= head.size(); ++size) {
        auto moved =
            std::make_unique<char[]>(size); // the last place is gone, for the sanitizer to see
        std::memcpy(moved.get(), head.data(), size);
        memory = std::move(moved);
        const outcome expected = size < head.size() ? outcome::incomplete : outcome::complete;
        ASSERT_EQ(requests.parse_head({memory.get(), size}), expected);
    }
    EXPECT_EQ(read.target(), "/abc");
    EXPECT_EQ(read.header("Name"), "value");
    EXPECT_EQ(read.header("Other"), "x");
}

TEST(parser, stops_behind_the_head) {
    const std::string two = "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";
    parser requests{message_kind::request, 1000};
    message read;
    requests.start(read);
    ASSERT_EQ(requests.parse_head(two), outcome::complete);
    EXPECT_EQ(requests.head_size(), two.size() / 2);
    requests.start(read);
    ASSERT_EQ(requests.parse_head(std::string_view{two}.substr(two.size() / 2)), outcome::complete);
    EXPECT_EQ(read.target(), "/2");
}

std::string head_with_lines(std::size_t count) {
    std::string head = "GET / HTTP/1.1\r\n";
    for (std::size_t i = 0; i < count; ++i)
        head += "H" + std::to_string(i) + ": " + std::to_string(i) + "\r\n";
    return head + "\r\n";
}

TEST(parser, takes_as_many_header_lines_as_the_limit_says) {
    parser requests{message_kind::request, 100'000};
    message read;
    requests.start(read);
    const std::string most = head_with_lines(header_count_max);
    ASSERT_EQ(requests.parse_head(most), outcome::complete);
    EXPECT_EQ(read.header_count(), header_count_max);
    EXPECT_EQ(read.header("H0"), "0");
    EXPECT_EQ(read.header("h255"), "255");
    requests.start(read);
    const std::string too_many = head_with_lines(header_count_max + 1);
    EXPECT_EQ(requests.parse_head(too_many), outcome::too_large);
}

class chunked_parser : public testing::Test {
protected:
    chunked_parser() {
        responses.start(read);
        EXPECT_EQ(responses.parse_head(head), outcome::complete);
    }

    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    parser responses{message_kind::response, 100};
    message read;
};

TEST_F(chunked_parser, closes_chunks_up_in_place) {
    std::string raw = "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\nnext";
    const parser::chunk_progress progress =
        responses.parse_chunks(raw.data(), raw.data(), raw.size());
    EXPECT_EQ(progress.found, outcome::complete);
    EXPECT_EQ(progress.body_bytes, 7u);
    EXPECT_EQ(progress.consumed, raw.size() - 4);
    EXPECT_EQ(raw.substr(0, 7), "abcdefg");
    EXPECT_EQ(raw.substr(raw.size() - 4), "next");
}

TEST_F(chunked_parser, limits_chunk_extensions) {
    std::string raw = "3;" + std::string(200, 'x');
    EXPECT_EQ(responses.parse_chunks(raw.data(), raw.data(), raw.size()).found, outcome::too_large);
}

TEST_F(chunked_parser, limits_trailers) {
    std::string raw = "3\r\nabc\r\n0\r\nA: " + std::string(100, 'x') + "\r\n\r\n";
    EXPECT_EQ(responses.parse_chunks(raw.data(), raw.data(), raw.size()).found, outcome::too_large);
}

} // namespace
} // namespace spry::http
