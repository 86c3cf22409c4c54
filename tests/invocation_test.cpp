// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/invocation.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr system_clock::time_point now{milliseconds{1'700'000'000'000}};

TEST(invocation, takes_a_deadline_as_epoch_milliseconds) {
    EXPECT_EQ(spry::parse_deadline("1700000003000", now), now + milliseconds{3000});
}

// runtime-contract 10: an emulator sends the constant 600000.
TEST(invocation, takes_a_small_deadline_as_a_duration) {
    EXPECT_EQ(spry::parse_deadline("600000", now), now + milliseconds{600'000});
    EXPECT_EQ(spry::parse_deadline("99999999999", now), now + milliseconds{99'999'999'999});
}

TEST(invocation, has_no_deadline_where_the_header_is_absurd) {
    for (const std::string_view text :
         {"", "0", "-1", "soon", "1700000003000ms", " 1700000003000", "1e12", "1600000000000",
          "9000000000001", "99999999999999999999999", "0x10", "100000000000"}) {
        SCOPED_TRACE(text);
        EXPECT_EQ(spry::parse_deadline(text, now), std::nullopt);
    }
}

} // namespace
