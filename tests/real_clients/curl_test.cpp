// SPDX-License-Identifier: Apache-2.0
// The curl line of AWS's documentation, letter by letter, against the default address.
#include "release/local_function.hpp"

namespace {

using release::finished;
using release::held_port;
using release::run_to_end;
using testing::HasSubstr;

class curl : public release::leaves_no_process {
protected:
    static finished shell(const std::string& line) {
        return run_to_end({"/bin/sh", "-c", line}, {"PATH=/usr/bin:/bin"});
    }
    static bool has_ipv6() {
        const release::descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        address.sin6_addr = in6addr_loopback;
        return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0;
    }
    static constexpr const char* documented_line =
        R"(curl -XPOST "http://localhost:9000/2015-03-31/functions/function/invocations" -d '{}')";
};

TEST_F(curl, is_answered_on_port_9000) {
    if (!held_port{9000}.held())
        GTEST_SKIP() << "port 9000 is in use on this machine";
    release::local_function hello(release::example("hello"), {}, {"SPRY_LISTEN="});
    ASSERT_EQ(hello.port(), 9000);
    EXPECT_THAT(hello.log_with("invocations\" -d '{}'\n"), HasSubstr(documented_line));
    for (int invocation = 0; invocation != 3; ++invocation) {
        const finished answer = shell(documented_line);
        EXPECT_EQ(answer.exit_code, 0) << answer.text();
        EXPECT_EQ(answer.out, R"({"hello":"world"})");
    }
    // Nobody knows which of the two localhost is.
    for (const std::string family : {"-4", "-6"}) {
        if (family == "-6" && !has_ipv6())
            continue;
        const finished answer = shell("curl " + family + (documented_line + 4));
        EXPECT_EQ(answer.out, R"({"hello":"world"})") << answer.text();
    }
    EXPECT_EQ(hello.stop(), 0);
}

TEST_F(curl, sees_the_headers_of_the_service) {
    release::local_function hello(release::example("hello"));
    const finished answer = shell("curl -s -i -d '{\"name\":\"curl\"}' " + hello.url() +
                                  std::string(release::invoke_path));
    EXPECT_THAT(answer.out, HasSubstr("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer.out, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(answer.out, HasSubstr("\r\nX-Amz-Executed-Version: $LATEST\r\n"));
    EXPECT_THAT(answer.out, HasSubstr("\r\nx-amzn-RequestId: "));
    EXPECT_THAT(answer.out, testing::EndsWith("\r\n\r\n{\"hello\":\"curl\"}"));
    EXPECT_EQ(hello.stop(), 0);
}

// Larger than what curl sends without asking first (Expect: 100-continue).
TEST_F(curl, sends_a_large_event) {
    release::local_function echo(release::example("echo"));
    const finished answer = shell("printf '\"%03000000d\"' 7 | curl -s --data-binary @- " +
                                  echo.url() + std::string(release::invoke_path));
    EXPECT_EQ(answer.out, "\"" + std::string(2999999, '0') + "7\"");
    EXPECT_EQ(echo.stop(), 0);
}

} // namespace
