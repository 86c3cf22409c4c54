// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/invocation.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

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

} // namespace
