// SPDX-License-Identifier: Apache-2.0
#include <spry/io/address.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string_view>

#include <sys/socket.h>

namespace {

using spry::errc;
using spry::result;
using spry::io::address;

struct numeric_case {
    std::string_view host;
    std::string_view text; // empty where it is refused
};

constexpr std::array numeric_cases{
    numeric_case{"127.0.0.1", "127.0.0.1:9001"},
    numeric_case{"0.0.0.0", "0.0.0.0:9001"},
    numeric_case{"255.255.255.255", "255.255.255.255:9001"},
    numeric_case{"169.254.100.1", "169.254.100.1:9001"},
    numeric_case{"::1", "[::1]:9001"},
    numeric_case{"[::1]", "[::1]:9001"},
    numeric_case{"::", "[::]:9001"},
    numeric_case{"fd00:ec2::254", "[fd00:ec2::254]:9001"},
    numeric_case{"2001:0db8:0000:0000:0000:0000:0000:0001", "[2001:db8::1]:9001"},
    numeric_case{"::ffff:127.0.0.1", "[::ffff:127.0.0.1]:9001"},
    numeric_case{"", ""},
    numeric_case{"localhost", ""},
    numeric_case{"127.0.0", ""},
    numeric_case{"127.0.0.", ""},
    numeric_case{"127.0.0.1.", ""},
    numeric_case{"127.0.0.1.1", ""},
    numeric_case{".127.0.0.1", ""},
    numeric_case{"127..0.1", ""},
    numeric_case{"256.0.0.1", ""},
    numeric_case{"1.2.3.99999999999", ""},
    numeric_case{"127.0.0.01", ""},
    numeric_case{"-1.0.0.1", ""},
    numeric_case{"+1.0.0.1", ""},
    numeric_case{" 127.0.0.1", ""},
    numeric_case{"127.0.0.1 ", ""},
    numeric_case{"127.0.0.1:80", ""},
    numeric_case{"0x7f.0.0.1", ""},
    numeric_case{"2130706433", ""},
    numeric_case{"[127.0.0.1]", ""},
    numeric_case{"[::1", ""},
    numeric_case{"::1]", ""},
    numeric_case{"[]", ""},
    numeric_case{":", ""},
    numeric_case{":::", ""},
    numeric_case{"1:2:3:4:5:6:7:8:9", ""},
    numeric_case{"2001:0db8:0000:0000:0000:0000:0000:0001:and:far:too:much:text", ""},
};

TEST(address, reads_numbers_and_nothing_else) {
    for (const numeric_case& each : numeric_cases) {
        const result<address> parsed = address::from_numeric(each.host, 9001);
        if (each.text.empty()) {
            ASSERT_FALSE(parsed.has_value()) << each.host;
            EXPECT_EQ(parsed.error(), errc::invalid_endpoint) << each.host;
        } else {
            ASSERT_TRUE(parsed.has_value()) << each.host;
            EXPECT_EQ(parsed->to_string(), each.text);
        }
    }
}

TEST(address, reads_a_host_that_is_not_terminated) {
    const std::string_view text = "127.0.0.123";
    EXPECT_EQ(address::from_numeric(text.substr(0, 9), 1)->to_string(), "127.0.0.1:1");
    const std::string_view v6 = "::12";
    EXPECT_EQ(address::from_numeric(v6.substr(0, 3), 1)->to_string(), "[::1]:1");
}

TEST(address, keeps_every_port) {
    for (const std::uint16_t port : std::to_array<std::uint16_t>({0, 1, 80, 9001, 65535})) {
        EXPECT_EQ(address::loopback_v4(port).port(), port);
        EXPECT_EQ(address::loopback_v6(port).port(), port);
        EXPECT_EQ(address::any_v4(port).port(), port);
    }
}

TEST(address, knows_its_family) {
    EXPECT_EQ(address::loopback_v4(1).family(), AF_INET);
    EXPECT_EQ(address::loopback_v6(1).family(), AF_INET6);
}

TEST(address, knows_whether_it_is_loopback) {
    EXPECT_TRUE(address::loopback_v4(1).is_loopback());
    EXPECT_TRUE(address::loopback_v6(1).is_loopback());
    EXPECT_TRUE(address::from_numeric("127.1.2.3", 1)->is_loopback());
    EXPECT_FALSE(address::any_v4(1).is_loopback());
    EXPECT_FALSE(address::from_numeric("128.0.0.1", 1)->is_loopback());
    EXPECT_FALSE(address::from_numeric("::", 1)->is_loopback());
}

TEST(address, survives_the_way_through_the_kernels_form) {
    const address before = address::loopback_v6(9000);
    const address after = address::from_kernel(before.data(), before.size());
    EXPECT_EQ(after.to_string(), "[::1]:9000");
    EXPECT_EQ(after.size(), before.size());
}

TEST(address, resolves_localhost_to_ipv4_loopback) {
    const result<address> found = address::resolve("localhost", 9001);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->to_string(), "127.0.0.1:9001");
}

TEST(address, resolves_a_number_without_looking_it_up) {
    EXPECT_EQ(address::resolve("[::1]", 9001)->to_string(), "[::1]:9001");
}

TEST(address, does_not_resolve_what_cannot_be_a_host_name) {
    const result<address> found = address::resolve("not a host name", 9001);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error(), errc::host_not_found);
}

} // namespace
