// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/http_prelude.hpp>

#include <spry/core/arena.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using spry::http_prelude;

std::string written(const http_prelude& prelude) {
    spry::arena memory;
    return std::string{spry::write_http_prelude(prelude, memory)};
}

std::string problem(const http_prelude& prelude) {
    try {
        return "written: " + written(prelude);
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
}

TEST(http_prelude, leaves_out_what_is_empty) {
    EXPECT_EQ(written({}), R"({"statusCode":200})");
    EXPECT_EQ(written({.headers = {{"a", ""}}}), R"({"statusCode":200,"headers":{"a":""}})");
    EXPECT_EQ(written({.status = 302, .cookies = {"a=b"}}),
              R"({"statusCode":302,"cookies":["a=b"]})");
}

TEST(http_prelude, escapes_and_repairs_what_it_writes) {
    EXPECT_EQ(written({.headers = {{"a", "\"\\\t\xff"}}}),
              "{\"statusCode\":200,\"headers\":{\"a\":\"\\\"\\\\\\t\xEF\xBF\xBD\"}}");
}

TEST(http_prelude, refuses_a_status_that_is_no_final_one) {
    for (const int status : {0, -1, 100, 199, 600, 1000})
        EXPECT_NE(problem({.status = status}).find("is not between 200 and 599"), std::string::npos)
            << status;
}

TEST(http_prelude, refuses_names_and_values_that_no_header_can_have) {
    for (const std::string_view name : {"", "a b", "a:", "a\r\n", "\xc3\xa9"})
        EXPECT_NE(problem({.headers = {{name, "x"}}}).find("is no HTTP token"), std::string::npos)
            << name;
    using std::string_view_literals::operator""sv;
    for (const std::string_view value : {"a\r\nb: c"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv}) {
        EXPECT_NE(problem({.headers = {{"x-a", value}}}).find("\"x-a\" has a control character"),
                  std::string::npos);
        EXPECT_NE(problem({.cookies = {value}}).find("has a control character"), std::string::npos);
    }
}

TEST(http_prelude, refuses_a_header_that_comes_twice) {
    EXPECT_EQ(problem({.headers = {{"A", "1"}, {"b", "2"}, {"a", "3"}}}),
              "an http_prelude's header \"a\" comes twice: join its values, or use cookies");
}

} // namespace
