// SPDX-License-Identifier: Apache-2.0
#include <spry/core/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using spry::errc;

constexpr int first_code = static_cast<int>(errc::cancelled);
constexpr int last_code = static_cast<int>(errc::child_not_started);

TEST(error, has_a_message_of_its_own_for_every_code) {
    std::set<std::string> messages;
    for (int code = first_code; code <= last_code; ++code) {
        const std::string message = make_error_code(static_cast<errc>(code)).message();
        EXPECT_NE(message, "unknown error") << code;
        EXPECT_FALSE(message.ends_with('.')) << message;
        EXPECT_TRUE(messages.insert(message).second) << message;
    }
}

TEST(error, describes_a_code_it_does_not_know) {
    EXPECT_EQ(spry::describe(static_cast<errc>(last_code + 1)), "unknown error")
        << "or last_code above is no longer the last";
}

TEST(error, converts_to_an_error_code_of_its_category) {
    const std::error_code code = errc::timed_out;
    EXPECT_EQ(&code.category(), &spry::error_category());
    EXPECT_STREQ(code.category().name(), "spry");
    EXPECT_EQ(code.message(), spry::describe(errc::timed_out));
    EXPECT_TRUE(code == errc::timed_out);
    EXPECT_FALSE(code == errc::cancelled);
}

} // namespace
