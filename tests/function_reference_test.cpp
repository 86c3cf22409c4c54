// SPDX-License-Identifier: Apache-2.0
// The ways to name a function (runtime contract 7.1).
#include <spry/emulator/function_table.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using spry::emulator::function_reference;
using spry::emulator::parse_function_reference;

TEST(function_reference, takes_names_partial_arns_and_arns_apart) {
    struct expected {
        const char* text;
        const char* name;
        const char* qualifier;
        bool is_arn;
    };
    constexpr expected table[] = {
        {"greet", "greet", "", false},
        {"greet:live", "greet", "live", false},
        {"greet:$LATEST", "greet", "$LATEST", false},
        {"function", "function", "", false},
        {"123456789012:function:greet", "greet", "", false},
        {"123456789012:function:greet:7", "greet", "7", false},
        {"arn:aws:lambda:eu-west-1:123456789012:function:greet", "greet", "", true},
        {"arn:aws-cn:lambda:eu-west-1:123456789012:function:greet:live", "greet", "live", true},
    };
    for (const expected& each : table) {
        const auto found = parse_function_reference(each.text);
        ASSERT_TRUE(found) << each.text;
        EXPECT_EQ(found->name, each.name) << each.text;
        EXPECT_EQ(found->qualifier, each.qualifier) << each.text;
        EXPECT_EQ(found->is_arn, each.is_arn) << each.text;
    }
    EXPECT_TRUE(parse_function_reference(std::string(64, 'f')));
}

TEST(function_reference, takes_nothing_else) {
    for (const char* text :
         {"", ":", "greet:", ":live", "a b", "greet:a b", "greet\r\nX: 1", "a.b", "greet:live:more",
          "x:function:greet", "arn:aws:lambda:eu-west-1:1:function:", "arn:aws:s3:::bucket",
          "arn:aws:lambda:eu-west-1:1:function:f:q:more", "arn:aws:lambda::1:function:f"})
        EXPECT_FALSE(parse_function_reference(text)) << text;
    EXPECT_FALSE(parse_function_reference(std::string(65, 'f')));
    EXPECT_FALSE(parse_function_reference("f:" + std::string(129, 'q')));
}

} // namespace
