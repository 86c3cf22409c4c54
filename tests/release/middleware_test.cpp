// SPDX-License-Identifier: Apache-2.0
// The two examples of middleware, as a reader who copies them runs them.
#include "local_function.hpp"

namespace {

using release::example;
using release::local_function;

TEST(middleware_timing, says_how_long_it_took_and_how_it_ended) {
    local_function divide(example("middleware_timing"));
    EXPECT_EQ(divide.invoke(R"({"numerator":1,"denominator":4})").body, "0.25");
    EXPECT_NE(divide.log_with("answered").find("microseconds="), std::string::npos);
    EXPECT_NE(divide.invoke(R"({"denominator":0})").body.find("the denominator is 0"),
              std::string::npos);
    EXPECT_NE(divide.log_with("\tfailed\t").find("microseconds="), std::string::npos);
    EXPECT_EQ(divide.stop(), 0);
}

TEST(middleware_auth, lets_through_whoever_has_the_token) {
    const local_function orders(example("middleware_auth"), {}, {"TOKEN=secret"});
    EXPECT_EQ(orders.invoke(R"({"headers":{"authorization":"Bearer secret"},"body":"tea"})").body,
              R"({"statusCode":200,"body":"tea"})");
    for (const char* event :
         {R"({"headers":{"authorization":"Bearer secre"},"body":"tea"})",
          R"({"headers":{"authorization":"Bearer Secret"},"body":"tea"})",
          R"({"headers":{"authorization":"secret"},"body":"tea"})", R"({"body":"tea"})", "[]"})
        EXPECT_EQ(orders.invoke(event).body, R"({"statusCode":401,"body":"a token, please"})")
            << event;
}

TEST(middleware_auth, lets_nobody_through_where_there_is_no_token) {
    const local_function orders(example("middleware_auth"));
    EXPECT_EQ(orders.invoke(R"({"headers":{"authorization":"Bearer "},"body":"tea"})").body,
              R"({"statusCode":401,"body":"a token, please"})");
}

} // namespace
