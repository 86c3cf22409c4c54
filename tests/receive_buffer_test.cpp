// SPDX-License-Identifier: Apache-2.0
#include <spry/http/receive_buffer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace spry::http {
namespace {

class receive_buffer_of_4_kib : public testing::Test {
protected:
    void receive(std::string_view text) {
        ASSERT_LE(text.size(), buffer.room().size());
        std::memcpy(buffer.room().data(), text.data(), text.size());
        buffer.received(text.size());
    }
    std::string text() {
        return std::string{reinterpret_cast<const char*>(buffer.data()), buffer.size()};
    }

    alignas(64) std::array<std::byte, 4096> memory{};
    receive_buffer buffer{std::span<std::byte>{memory}};
};

using receive_buffer_test = receive_buffer_of_4_kib;

TEST_F(receive_buffer_test, never_receives_into_its_last_bytes) {
    EXPECT_EQ(buffer.room().data(), memory.data());
    EXPECT_EQ(buffer.room().size(), memory.size() - padding_bytes);
    receive(std::string(buffer.room().size(), 'x'));
    EXPECT_TRUE(buffer.room().empty());
}

TEST_F(receive_buffer_test, starts_at_the_front_when_all_is_consumed) {
    receive("abc");
    buffer.consume(3);
    buffer.start_message();
    EXPECT_EQ(buffer.room().data(), memory.data());
}

TEST_F(receive_buffer_test, keeps_a_following_message_in_place_while_there_is_room) {
    receive("abcdef");
    buffer.consume(3);
    const std::byte* at = buffer.data();
    buffer.start_message();
    EXPECT_EQ(buffer.data(), at);
    EXPECT_EQ(text(), "def");
}

TEST_F(receive_buffer_test, moves_a_following_message_to_the_front_when_there_is_little_room) {
    receive(std::string(4000, 'x') + "def");
    buffer.consume(4000);
    buffer.start_message();
    EXPECT_EQ(buffer.data(), memory.data());
    EXPECT_EQ(text(), "def");
}

TEST_F(receive_buffer_test, maps_what_a_message_needs_and_leaves_the_head_where_it_is) {
    receive("headbo");
    const std::byte* head = buffer.data();
    buffer.consume(4);
    buffer.pin();
    ASSERT_TRUE(buffer.make_room(100'000, 500).has_value());
    EXPECT_EQ(text(), "bo");
    EXPECT_GE(buffer.room().size(), 100'500u - 2);
    EXPECT_GE(buffer.mapped_bytes(), 100'500 + padding_bytes);
    EXPECT_LT(buffer.mapped_bytes(), 100'500 + padding_bytes + 4096);
    EXPECT_EQ(std::memcmp(head, "head", 4), 0);
}

TEST_F(receive_buffer_test, keeps_a_head_in_an_outgrown_mapping_until_the_next_message) {
    ASSERT_TRUE(buffer.make_room(50'000).has_value());
    receive("headbody");
    const std::byte* head = buffer.data();
    buffer.consume(4);
    buffer.pin();
    ASSERT_TRUE(buffer.make_room(500'000).has_value());
    ASSERT_TRUE(buffer.make_room(5'000'000).has_value());
    EXPECT_EQ(text(), "body");
    EXPECT_EQ(std::memcmp(head, "head", 4), 0);
}

TEST_F(receive_buffer_test, goes_back_behind_the_head_for_the_next_piece) {
    receive("headpiece");
    buffer.consume(4);
    buffer.pin();
    buffer.consume(5);
    buffer.rewind();
    EXPECT_EQ(buffer.data(), memory.data() + 4);
    receive("next");
    EXPECT_EQ(text(), "next");
}

TEST_F(receive_buffer_test, receives_behind_what_is_retained_and_its_padding) {
    receive("event");
    buffer.consume(5);
    buffer.retain();
    buffer.start_message();
    EXPECT_EQ(buffer.room().data(), memory.data() + 5 + padding_bytes);
    receive("answer");
    EXPECT_EQ(std::memcmp(memory.data(), "event", 5), 0);
}

TEST_F(receive_buffer_test, does_not_grow_while_something_is_retained) {
    receive("event");
    buffer.consume(5);
    buffer.retain();
    buffer.start_message();
    const result<> grown = buffer.make_room(100'000);
    ASSERT_FALSE(grown.has_value());
    EXPECT_EQ(grown.error(), std::errc::no_buffer_space);
    EXPECT_EQ(buffer.mapped_bytes(), 0u);
    buffer.release();
    EXPECT_TRUE(buffer.make_room(100'000).has_value());
}

TEST_F(receive_buffer_test, uses_a_mapping_again) {
    ASSERT_TRUE(buffer.make_room(200'000).has_value());
    const std::size_t mapped = buffer.mapped_bytes();
    buffer.start_message();
    EXPECT_EQ(buffer.room().data(), memory.data()) << "small messages use the small memory";
    ASSERT_TRUE(buffer.make_room(100'000).has_value());
    EXPECT_EQ(buffer.mapped_bytes(), mapped);
}

TEST_F(receive_buffer_test, receives_into_the_mapping_at_once_behind_a_large_message) {
    const std::string large(100'000, 'x');
    ASSERT_TRUE(buffer.make_room(large.size()).has_value());
    const std::byte* const mapping = buffer.room().data();
    for (int i = 0; i != 3; ++i) {
        receive(large);
        buffer.consume(large.size());
        buffer.start_message();
        EXPECT_EQ(buffer.room().data(), mapping);
    }
    receive("small");
    buffer.consume(5);
    buffer.start_message();
    EXPECT_EQ(buffer.room().data(), memory.data());
    EXPECT_GT(buffer.mapped_bytes(), 0u);
}

TEST_F(receive_buffer_test, keeps_the_beginning_of_the_next_large_message_in_the_mapping) {
    const std::string large(100'000, 'x');
    ASSERT_TRUE(buffer.make_room(large.size(), large.size()).has_value());
    receive(large);
    receive("next");
    buffer.consume(large.size());
    const std::byte* const next = buffer.data();
    buffer.start_message();
    EXPECT_EQ(text(), "next");
    EXPECT_EQ(buffer.data(), next);
}

TEST_F(receive_buffer_test, gives_a_mapping_back_when_large_messages_stay_away) {
    const std::string large(200'000, 'x');
    ASSERT_TRUE(buffer.make_room(large.size()).has_value());
    receive(large);
    buffer.consume(large.size());
    buffer.start_message();
    for (unsigned i = 1; i < small_messages_before_shrink; ++i)
        buffer.start_message();
    EXPECT_GT(buffer.mapped_bytes(), 0u);
    buffer.start_message();
    EXPECT_EQ(buffer.mapped_bytes(), 0u);
}

// Whatever their size: where they lie when one needs room follows from it.
TEST(receive_buffer, asks_for_no_mapping_for_small_messages_in_a_row) {
    constexpr std::size_t head_bytes = 100;
    std::array<std::byte, 62 * 1024> memory;
    for (std::size_t size = 2 * head_bytes; size != 4000; ++size) {
        receive_buffer buffer{std::span<std::byte>{memory}};
        for (int i = 0; i != 300; ++i) {
            buffer.start_message();
            while (buffer.size() < 2 * size) // the next one is there, too
                buffer.received(std::min(buffer.room().size(), size));
            buffer.consume(head_bytes);
            buffer.pin();
            ASSERT_TRUE(buffer.make_room(size - head_bytes, padding_bytes + bytes_behind_event));
            buffer.consume(size - head_bytes);
        }
        ASSERT_EQ(buffer.mapped_bytes(), 0u) << size;
    }
}

TEST(receive_buffer, takes_memory_of_its_own_when_it_is_needed) {
    for (const std::size_t size : {server_buffer_bytes, client_buffer_bytes}) {
        receive_buffer buffer{size};
        EXPECT_TRUE(buffer.room().empty());
        buffer.start_message();
        ASSERT_TRUE(buffer.make_room(10).has_value());
        EXPECT_EQ(buffer.room().size(), size - padding_bytes);
        EXPECT_EQ(buffer.mapped_bytes(), 0u);
    }
}

} // namespace
} // namespace spry::http
