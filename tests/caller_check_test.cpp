// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/caller_check.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using spry::emulator::caller_headers;
using spry::emulator::is_local_host;
using spry::emulator::refuse_browser;
using spry::emulator::refuse_caller;

bool is_refused(const caller_headers& headers, bool loopback = true) {
    return !refuse_caller(headers, loopback, {}).empty();
}

TEST(caller_check, knows_the_names_of_this_machine) {
    for (const char* host : {"localhost", "LOCALHOST:9000", "localhost.:9000", "a.localhost:1",
                             "127.0.0.1", "127.9.8.7:80", "[::1]", "[::1]:9000"})
        EXPECT_TRUE(is_local_host(host)) << host;
}

TEST(caller_check, knows_the_names_of_others) {
    for (const char* host :
         {"", "evil.example", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example",
          "128.0.0.1", "[::2]:9000", "0.0.0.0", "127.0.0.1@evil.example", "[::1].evil.example"})
        EXPECT_FALSE(is_local_host(host)) << host;
}

TEST(caller_check, refuses_another_host_on_loopback_only) {
    EXPECT_TRUE(is_refused({"evil.example:9000", {}, {}}));
    EXPECT_FALSE(is_refused({"lambda.internal:8080", {}, {}}, false));
    EXPECT_FALSE(is_refused({"localhost:1234", {}, {}})); // a tunnel's port
}

// A name of somebody else's that resolves to this machine makes his page one of "our" origin.
TEST(caller_check, holds_a_page_to_this_machines_names_and_addresses_on_every_bind) {
    const char* const rebound = "evil.example:8080";
    EXPECT_TRUE(is_refused({rebound, "http://evil.example:8080", {}}, false));
    EXPECT_TRUE(is_refused({rebound, {}, "same-origin"}, false));
    EXPECT_TRUE(is_refused({rebound, {}, "none"}, false));
    EXPECT_FALSE(is_refused({"10.1.2.3:8080", "http://10.1.2.3:8080", {}}, false));
    EXPECT_FALSE(is_refused({"localhost:9000", "http://localhost:9000", {}}, false));
    const std::array<std::string, 1> allowed{"evil.example"};
    EXPECT_TRUE(refuse_caller({rebound, "http://evil.example:8080", {}}, false, allowed).empty());
}

TEST(caller_check, takes_every_request_for_the_page_as_a_browsers) {
    EXPECT_FALSE(refuse_browser({"evil.example:8080", {}, {}}, false, {}).empty());
    EXPECT_FALSE(refuse_browser({"10.1.2.3:9000", {}, {}}, true, {}).empty());
    EXPECT_TRUE(refuse_browser({"10.1.2.3:8080", {}, {}}, false, {}).empty());
    EXPECT_TRUE(refuse_browser({"localhost:9000", {}, {}}, true, {}).empty());
}

TEST(caller_check, lets_allowed_hosts_in) {
    const std::array<std::string, 1> allowed{"my.box"};
    EXPECT_TRUE(refuse_caller({"My.Box:9000", {}, {}}, true, allowed).empty());
    EXPECT_FALSE(refuse_caller({"other.box:9000", {}, {}}, true, allowed).empty());
}

TEST(caller_check, lets_programs_in_that_send_neither_origin_nor_site) {
    EXPECT_FALSE(is_refused({"localhost:9000", {}, {}}));
    EXPECT_FALSE(is_refused({{}, {}, {}}));
}

TEST(caller_check, refuses_a_foreign_origin_everywhere) {
    for (const bool loopback : {true, false}) {
        EXPECT_TRUE(is_refused({"localhost:9000", "https://evil.example", {}}, loopback));
        EXPECT_TRUE(is_refused({"localhost:9000", "http://localhost:3000", {}}, loopback));
        EXPECT_TRUE(is_refused({"localhost:9000", "http://localhost", {}}, loopback));
        EXPECT_TRUE(is_refused({"localhost:9000", "null", {}}, loopback));
        EXPECT_TRUE(is_refused({"localhost:9000", "", {}}, loopback));
        EXPECT_TRUE(is_refused({{}, "http://localhost:9000", {}}, loopback));
        EXPECT_FALSE(is_refused({"localhost:9000", "http://localhost:9000", {}}, loopback));
    }
}

TEST(caller_check, refuses_another_site_everywhere) {
    for (const bool loopback : {true, false}) {
        EXPECT_TRUE(is_refused({"localhost:9000", {}, "cross-site"}, loopback));
        EXPECT_TRUE(is_refused({"localhost:9000", {}, "same-site"}, loopback));
        EXPECT_TRUE(is_refused({"localhost:9000", {}, "whatever"}, loopback));
        EXPECT_FALSE(is_refused({"localhost:9000", {}, "same-origin"}, loopback));
        EXPECT_FALSE(is_refused({"localhost:9000", {}, "none"}, loopback));
    }
}

} // namespace
