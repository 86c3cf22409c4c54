// SPDX-License-Identifier: Apache-2.0
// What the log of a released function says of a handler that Lambda is about to end.
#include "local_function.hpp"
#include "symbolized.hpp"

#include <gmock/gmock.h>

#include <string>

namespace {

using release::http_answer;
using release::symbolized;
using testing::ContainsRegex;
using testing::HasSubstr;

class stuck_handler : public release::leaves_no_process {};

TEST_F(stuck_handler, is_reported_before_its_process_is_killed_with_what_it_awaits) {
    release::local_function function(release::test_program("misbehaving"), {},
                                     {"AWS_LAMBDA_FUNCTION_TIMEOUT=1"});
    const http_answer answer = function.invoke(R"({"how":"sleep"})");
    EXPECT_THAT(answer.body, HasSubstr("Task timed out after 1.00 seconds"));
    const std::string log = function.log_with("build id");
    const std::size_t begin = log.find(answer.header("x-amzn-requestid") +
                                       "\tERROR\tthe handler is about to miss its deadline\t");
    ASSERT_NE(begin, std::string::npos) << log;
    const std::string record = log.substr(begin, log.find('\n', begin) - begin);
    EXPECT_THAT(record, ContainsRegex("\tawaits=sleep of 3600000 ms for [0-9]+ ms, in "
                                      "0x[0-9a-f]+( 0x[0-9a-f]+)*; build id [0-9a-f]+$"));
    const std::string lines = symbolized(record);
    const std::size_t innermost = lines.find("\n    0x");
    ASSERT_NE(innermost, std::string::npos) << lines;
    EXPECT_THAT(lines.substr(innermost, lines.find('\n', innermost + 1) - innermost),
                HasSubstr("misbehave("))
        << lines;
    EXPECT_THAT(function.invoke(R"({"how":"answer"})").body, HasSubstr("process"));
    EXPECT_EQ(function.stop(), 0);
}

} // namespace
