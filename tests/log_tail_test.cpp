// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/log_tail.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using spry::emulator::log_tail;
using spry::emulator::log_tail_bytes;

TEST(log_tail, keeps_what_fits) {
    log_tail tail;
    EXPECT_EQ(tail.text(), "");
    tail.append("one ");
    tail.append("two");
    EXPECT_EQ(tail.text(), "one two");
}

TEST(log_tail, keeps_the_last_bytes_whatever_the_pieces) {
    for (const std::size_t piece : {1U, 7U, 4095U, 4096U, 4097U, 10'000U}) {
        log_tail tail;
        std::string all;
        while (all.size() < 3 * log_tail_bytes) {
            std::string text;
            for (std::size_t i = 0; i != piece; ++i)
                text += static_cast<char>('a' + (all.size() + i) % 23);
            tail.append(text);
            all += text;
        }
        EXPECT_EQ(tail.text(), all.substr(all.size() - log_tail_bytes)) << piece;
    }
}

TEST(log_tail, is_empty_after_a_clear) {
    log_tail tail;
    tail.append(std::string(5000, 'x'));
    tail.clear();
    EXPECT_EQ(tail.text(), "");
    tail.append("y");
    EXPECT_EQ(tail.text(), "y");
}

} // namespace
