// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/trace_variable.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

constexpr const char* name = "_X_AMZN_TRACE_ID";

TEST(trace_variable, follows_the_invocation) {
    {
        spry::detail::trace_variable variable;
        EXPECT_EQ(std::getenv(name), nullptr);
        variable.set("Root=1");
        EXPECT_STREQ(std::getenv(name), "Root=1");
        variable.set("Root=2;Sampled=0");
        EXPECT_STREQ(std::getenv(name), "Root=2;Sampled=0");
        variable.set("");
        EXPECT_EQ(std::getenv(name), nullptr);
        variable.set("Root=3");
        EXPECT_STREQ(std::getenv(name), "Root=3");
        variable.set(std::string(2000, 'x'));
        EXPECT_EQ(std::getenv(name), nullptr);
        variable.set("Root=4");
    }
    EXPECT_EQ(std::getenv(name), nullptr);
}

// Each time in other memory, which the environment must know of before the last is given back.
TEST(trace_variable, grows_with_its_ids) {
    {
        spry::detail::trace_variable variable;
        for (const std::size_t size : {1U, 100U, 300U, 30U, 1006U}) {
            const std::string id(size, 'x');
            variable.set(id);
            EXPECT_EQ(std::getenv(name), id);
        }
        variable.set(std::string(1007, 'x')); // 1 KiB of NAME=value is taken for no trace header
        EXPECT_EQ(std::getenv(name), nullptr);
    }
    EXPECT_EQ(std::getenv(name), nullptr);
}

TEST(trace_variable, lives_beside_variables_that_come_and_go) {
    ::setenv(name, "from outside", 1);
    {
        spry::detail::trace_variable variable;
        variable.set("Root=1");
        EXPECT_STREQ(std::getenv(name), "Root=1");
        for (const char* more : {"SPRY_TEST_A", "SPRY_TEST_B", "SPRY_TEST_C"})
            ::setenv(more, "here", 1);
        EXPECT_STREQ(std::getenv(name), "Root=1");
        variable.set("");
        EXPECT_EQ(std::getenv(name), nullptr);
        variable.set("Root=2");
        EXPECT_STREQ(std::getenv(name), "Root=2");
        for (const char* more : {"SPRY_TEST_A", "SPRY_TEST_B", "SPRY_TEST_C"}) {
            EXPECT_STREQ(std::getenv(more), "here");
            ::unsetenv(more);
        }
        EXPECT_STREQ(std::getenv(name), "Root=2");
    }
    EXPECT_EQ(std::getenv(name), nullptr);
}

} // namespace
