// SPDX-License-Identifier: Apache-2.0
#include <spry/core/number_text.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace {

using spry::number_text;

std::string text(double number) {
    return std::string{number_text{number}.text()};
}

TEST(number_text, writes_whole_numbers_without_a_point) {
    EXPECT_EQ(text(0), "0");
    EXPECT_EQ(text(-3), "-3");
    EXPECT_EQ(text(1e6), "1000000");
}

TEST(number_text, writes_fractions_shortly) {
    EXPECT_EQ(text(0.5), "0.5");
    EXPECT_EQ(text(-0.1), "-0.1");
    EXPECT_EQ(text(3.141592653589793), "3.141592653589793");
}

TEST(number_text, names_what_is_no_number) {
    EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "inf");
    EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(number_text, reads_back_as_the_same_number) {
    for (const double number : {1e-308, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308,
                                1.0 / 3, 123456789.125}) {
        const std::string written = text(number);
        EXPECT_EQ(std::strtod(written.c_str(), nullptr), number) << written;
    }
}

} // namespace
