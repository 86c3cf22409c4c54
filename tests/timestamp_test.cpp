// SPDX-License-Identifier: Apache-2.0
#include <spry/core/timestamp.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace {

using spry::timestamp;
using std::chrono::milliseconds;
using std::chrono::system_clock;

std::string_view at(std::int64_t epoch_ms, timestamp& keep) {
    keep = timestamp{system_clock::time_point{milliseconds{epoch_ms}}};
    return keep.text();
}

TEST(timestamp, writes_rfc_3339_in_utc) {
    timestamp keep{system_clock::time_point{}};
    EXPECT_EQ(at(0, keep), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(at(1'769'860'800'123, keep), "2026-01-31T12:00:00.123Z");
    EXPECT_EQ(at(1'709'164'799'999, keep), "2024-02-28T23:59:59.999Z");
    EXPECT_EQ(at(1'709'164'800'000, keep), "2024-02-29T00:00:00.000Z");
    EXPECT_EQ(at(4'102'444'800'000, keep), "2100-01-01T00:00:00.000Z");
    EXPECT_EQ(at(-1, keep), "1969-12-31T23:59:59.999Z");
}

} // namespace
