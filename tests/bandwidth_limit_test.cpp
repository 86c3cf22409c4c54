// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/bandwidth_limit.hpp>

#include <gtest/gtest.h>

namespace {

using spry::emulator::bandwidth_burst_bytes;
using spry::emulator::bandwidth_limit;
using std::chrono::milliseconds;

constexpr std::uint64_t mib = 1024 * 1024;
constexpr spry::io::time_point begin{};

TEST(bandwidth_limit, lets_the_first_6_mib_go_at_once) {
    bandwidth_limit limit{2 * mib};
    EXPECT_EQ(limit.available(begin), 6 * mib);
    limit.use(6 * mib);
    EXPECT_EQ(limit.available(begin), 0U);
}

TEST(bandwidth_limit, adds_an_eighth_of_a_second_every_125_ms) {
    bandwidth_limit limit{2 * mib};
    (void)limit.available(begin);
    limit.use(6 * mib);
    EXPECT_EQ(limit.next_refill(), begin + milliseconds{125});
    EXPECT_EQ(limit.available(begin + milliseconds{124}), 0U);
    EXPECT_EQ(limit.available(begin + milliseconds{125}), 256 * 1024U);
    EXPECT_EQ(limit.available(begin + milliseconds{249}), 256 * 1024U);
    EXPECT_EQ(limit.available(begin + milliseconds{1000}), 2 * mib);
    EXPECT_EQ(limit.next_refill(), begin + milliseconds{1125});
}

TEST(bandwidth_limit, holds_no_more_than_the_first_6_mib) {
    bandwidth_limit limit{64 * mib};
    (void)limit.available(begin);
    limit.use(1);
    EXPECT_EQ(limit.available(begin + std::chrono::hours{24 * 365}), bandwidth_burst_bytes);
}

TEST(bandwidth_limit, begins_when_it_is_first_asked) {
    bandwidth_limit limit{2 * mib};
    constexpr spry::io::time_point later = begin + milliseconds{777};
    (void)limit.available(later);
    limit.use(6 * mib);
    EXPECT_EQ(limit.available(later + milliseconds{124}), 0U);
    EXPECT_EQ(limit.next_refill(), later + milliseconds{125});
}

TEST(bandwidth_limit, of_nothing_is_none) {
    bandwidth_limit limit{0};
    for (int i = 0; i != 3; ++i) {
        EXPECT_GT(limit.available(begin), 1000 * mib);
        limit.use(1000 * mib);
    }
}

} // namespace
