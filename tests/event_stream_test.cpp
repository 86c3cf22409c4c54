// SPDX-License-Identifier: Apache-2.0
#include "event_stream_reader.hpp"

#include <spry/emulator/event_stream.hpp>

#include "support/bytes.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace {

using spry::emulator::complete_details;
using spry::emulator::crc32;
using spry::emulator::event_message;
using spry::emulator::invoke_complete;
using spry::emulator::payload_chunk;
using spry::tests::bytes_of;
using spry::tests::text_of;
using spry_test::read_event_stream;

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char each : bytes) {
        text += digits[static_cast<unsigned char>(each) >> 4];
        text += digits[static_cast<unsigned char>(each) & 15];
    }
    return text;
}

std::string sealed(payload_chunk& chunk, std::string_view payload) {
    std::memcpy(chunk.room().data(), payload.data(), payload.size());
    return text_of(chunk.seal(payload.size()));
}

// The check value that every list of CRCs gives.
TEST(event_stream, sums_as_gzip_does_in_one_piece_or_several) {
    EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32(bytes_of("56789"), crc32(bytes_of("1234"))), 0xCBF43926U);
    EXPECT_EQ(crc32({}), 0U);
}

// Runtime contract 7.1, the first vector.
TEST(event_stream, writes_a_message_without_headers) {
    EXPECT_EQ(hex(event_message({}, R"({"foo": "bar"})")),
              "0000001e00000000baf2f68a" + hex(R"({"foo": "bar"})") + "ae7258e4");
}

// The second.
TEST(event_stream, writes_a_payload_chunk) {
    payload_chunk chunk{2};
    EXPECT_EQ(hex(sealed(chunk, "hi")),
              "0000006c0000005ab25efdcf0b3a6576656e742d7479706507000c5061796c6f61644368756e6b0d3a63"
              "6f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d0d3a6d65"
              "73736167652d747970650700056576656e7468691162e469");
}

TEST(event_stream, writes_one_payload_chunk_behind_the_other_in_the_same_memory) {
    payload_chunk chunk{100};
    EXPECT_EQ(chunk.room().size(), 100U);
    std::string all = sealed(chunk, std::string(100, 'a'));
    all += sealed(chunk, "b");
    all += sealed(chunk, "");
    const auto messages = read_event_stream(all);
    ASSERT_TRUE(messages && messages->size() == 3U);
    EXPECT_EQ((*messages)[0].payload, std::string(100, 'a'));
    EXPECT_EQ((*messages)[1].payload, "b");
    EXPECT_EQ((*messages)[2].payload, "");
    EXPECT_EQ((*messages)[2].headers.at(":event-type"), "PayloadChunk");
}

TEST(event_stream, writes_how_the_invocation_has_ended) {
    const auto messages = read_event_stream(invoke_complete(complete_details("", "", "")));
    ASSERT_TRUE(messages && messages->size() == 1U);
    EXPECT_EQ((*messages)[0].headers.at(":message-type"), "event");
    EXPECT_EQ((*messages)[0].headers.at(":event-type"), "InvokeComplete");
    EXPECT_EQ((*messages)[0].headers.at(":content-type"), "application/json");
    EXPECT_EQ((*messages)[0].payload, "{}");
}

TEST(event_stream, tells_of_the_end_only_what_there_is) {
    EXPECT_EQ(complete_details("Function.No", R"({"a":"b"})", ""),
              R"({"ErrorCode":"Function.No","ErrorDetails":"{\"a\":\"b\"}"})");
    EXPECT_EQ(complete_details("", "", "bG9n"), R"({"LogResult":"bG9n"})");
}

} // namespace
