// SPDX-License-Identifier: Apache-2.0
#include <spry/core/assert.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(assert, lets_a_true_condition_pass_and_evaluates_it_once) {
    int evaluated = 0;
    SPRY_ASSERT(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

TEST(assert, names_the_condition_the_file_and_the_line) {
    const int line = __LINE__ + 1;
    EXPECT_DEATH(SPRY_ASSERT(1 + 1 == 3), "spry: assertion failed: 1 \\+ 1 == 3 "
                                          "\\(assert_test.cpp:" +
                                              std::to_string(line) + "\\)");
}

TEST(assert, cuts_a_line_that_is_too_long) {
    const std::string condition(2000, 'x');
    EXPECT_DEATH(spry::detail::assertion_failed(condition.c_str(), "file", 1),
                 "assertion failed: xxxx");
}

} // namespace
