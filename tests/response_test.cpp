// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/response.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using spry::response;

const void* address_of(const response& made) {
    return made.body().data();
}

TEST(response, is_empty_json_by_default) {
    const response made;
    EXPECT_TRUE(made.body().empty());
    EXPECT_EQ(made.content_type(), "application/json");
}

TEST(response, borrows_a_literal) {
    static constexpr char text[] = "{\"ok\":true}";
    const response made = response::json(text);
    EXPECT_EQ(made.body_text(), "{\"ok\":true}");
    EXPECT_EQ(address_of(made), text);
}

TEST(response, borrows_views) {
    const std::string event = "{}";
    const response from_span = response::json(std::as_bytes(std::span{event}));
    EXPECT_EQ(address_of(from_span), event.data());
    const response from_view = response::text(std::string_view{event});
    EXPECT_EQ(address_of(from_view), event.data());
    EXPECT_EQ(from_view.content_type(), "text/plain; charset=utf-8");
}

TEST(response, owns_a_string_and_keeps_it_when_moved) {
    for (const std::size_t size : {1u, 8u, 15u, 16u, 22u, 23u, 100u, 10'000u}) {
        const std::string expected(size, 'x');
        response made = response::json(std::string(expected));
        response moved = std::move(made);
        response assigned;
        assigned = std::move(moved);
        EXPECT_EQ(assigned.body_text(), expected);
    }
}

TEST(response, copies_a_string_that_is_not_given_away) {
    const std::string kept = "a string long enough to live on the heap";
    const response made = response::text(kept);
    EXPECT_EQ(made.body_text(), kept);
    EXPECT_NE(address_of(made), kept.data());
}

TEST(response, carries_any_bytes_under_any_type) {
    static constexpr std::array<std::byte, 3> bytes{std::byte{0}, std::byte{255}, std::byte{10}};
    const response made = response::bytes(std::span<const std::byte>{bytes}, "image/png");
    EXPECT_EQ(made.body().size(), 3u);
    EXPECT_EQ(made.content_type(), "image/png");
}

} // namespace
