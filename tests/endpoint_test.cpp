// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/endpoint.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using spry::endpoint_parse;
using spry::parse_endpoint;

struct accepted {
    std::string_view text, authority, host;
    int port;
    std::string_view base_path;
};

// runtime-contract 1.1: the forms that the variable takes in practice.
constexpr accepted forms[] = {
    {"169.254.100.1:9001", "169.254.100.1:9001", "169.254.100.1", 9001, ""},
    {"127.0.0.1:9001", "127.0.0.1:9001", "127.0.0.1", 9001, ""},
    {"localhost", "localhost", "localhost", 80, ""},
    {"http://127.0.0.1:9000/.rt/hello", "127.0.0.1:9000", "127.0.0.1", 9000, "/.rt/hello"},
    {"http://127.0.0.1:9000/.rt/", "127.0.0.1:9000", "127.0.0.1", 9000, "/.rt"},
    {"HTTP://127.0.0.1:9000", "127.0.0.1:9000", "127.0.0.1", 9000, ""},
    {"127.0.0.1:9000/", "127.0.0.1:9000", "127.0.0.1", 9000, ""},
    {"127.0.0.1:9000//", "127.0.0.1:9000", "127.0.0.1", 9000, ""},
    {"[::1]:9001", "[::1]:9001", "::1", 9001, ""},
    {"[::1]", "[::1]", "::1", 80, ""},
    {"http://[fe80::2]:1/x", "[fe80::2]:1", "fe80::2", 1, "/x"},
    {"host:65535", "host:65535", "host", 65535, ""},
};

TEST(endpoint, reads_every_form_of_the_variable) {
    for (const accepted& form : forms) {
        SCOPED_TRACE(form.text);
        const endpoint_parse parsed = parse_endpoint(form.text);
        ASSERT_TRUE(parsed) << parsed.problem;
        EXPECT_EQ(parsed.value.authority, form.authority);
        EXPECT_EQ(parsed.value.host, form.host);
        EXPECT_EQ(parsed.value.port, form.port);
        EXPECT_EQ(parsed.value.base_path, form.base_path);
    }
}

struct refused {
    std::string_view text, problem;
};

constexpr refused mistakes[] = {
    {"https://127.0.0.1:9001", "only the scheme http:// is spoken"},
    {"ftp://127.0.0.1", "only the scheme http:// is spoken"},
    {"", "the host is missing"},
    {":9001", "the host is missing"},
    {"http://", "the host is missing"},
    {"[]:9001", "the host is missing"},
    {"127.0.0.1:", "the port is not a number from 1 to 65535"},
    {"127.0.0.1:0", "the port is not a number from 1 to 65535"},
    {"127.0.0.1:65536", "the port is not a number from 1 to 65535"},
    {"127.0.0.1:nine", "the port is not a number from 1 to 65535"},
    {"127.0.0.1:9001x", "the port is not a number from 1 to 65535"},
    {"127.0.0.1:-1", "the port is not a number from 1 to 65535"},
    {"::1", "an IPv6 address stands in brackets, as in [::1]:9001"},
    {"::1:9001", "an IPv6 address stands in brackets, as in [::1]:9001"},
    {"[::1", "the IPv6 address has no closing bracket"},
    {"[::1]9001", "there is something between the host and the port"},
    {"user@host:9001", "it has a user name"},
    {"host:9001?x=1", "it has a query or a fragment"},
    {"host:9001#x", "it has a query or a fragment"},
    {"host :9001", "it has a blank or a control character"},
    {"host:9001\n", "it has a blank or a control character"},
};

TEST(endpoint, says_why_a_text_is_none) {
    for (const refused& mistake : mistakes) {
        SCOPED_TRACE(mistake.text);
        const endpoint_parse parsed = parse_endpoint(mistake.text);
        EXPECT_FALSE(parsed);
        EXPECT_EQ(parsed.problem, mistake.problem);
    }
}

} // namespace
