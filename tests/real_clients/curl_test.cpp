// SPDX-License-Identifier: Apache-2.0
// The curl line of AWS's documentation, letter by letter, against the default address.
#include "release/local_function.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cstring>
#include <filesystem>

namespace {

using release::finished;
using release::held_port;
using release::run_to_end;
using testing::HasSubstr;

constexpr int no_network = 77;

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

// With nobody else in it, since such a service listens on all addresses. It has a loopback device
// of its own, which is switched on first.
int enter_own_network() {
    const int user = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
    if (::unshare(user | CLONE_NEWNET) != 0)
        return no_network;
    const release::descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) != 0)
        return no_network;
    return release::die_with_parent();
}

constexpr const char* service_script = R"sh(
    cd "$(mktemp -d)"; trap 'rm -rf "$PWD"' EXIT
    "$1" > log 2>&1 & service=$!
    for _ in {1..500}; do grep -q try log && break; sleep 0.01; done
    at=http://127.0.0.1:8080
    curl -sS -o body -w '%{http_code} %{content_type}\n' "$at/?name=a%20%26%20b"
    grep -o 'Hello, [^/]*' body
    curl -sS -o /dev/null -w '%{http_code}\n' $at/2015-03-31/functions/f/invocations -d '{}'
    curl -sS -o /dev/null -w '%{http_code}\n' $at/_spry/
    kill -TERM $service; wait $service; echo "ended with $?"
    cat log
)sh";

TEST_F(curl, meets_an_ordinary_http_service_where_PORT_is_set) {
    const std::string web = std::filesystem::absolute(release::example("web"));
    const finished service =
        run_to_end({"/bin/bash", "-c", service_script, "service", web},
                   {"PATH=/usr/bin:/bin", "PORT=8080"}, release::patience, enter_own_network);
    if (service.exit_code == no_network)
        GTEST_SKIP() << "neither root nor allowed to make a network of one's own";
    EXPECT_THAT(service.out, testing::StartsWith("200 text/html; charset=utf-8\n"
                                                 "Hello, a &amp; b<\n404\n404\nended with 0\n"))
        << service.text();
    EXPECT_THAT(service.out, HasSubstr("spry: listening on http://0.0.0.0:8080\n"
                                       "spry: try curl http://localhost:8080/\n"));
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
