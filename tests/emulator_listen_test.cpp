// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/listen.hpp>
#include <spry/emulator/settings.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace {

using spry::emulator::bind_all;
using spry::emulator::emulator_options;
using spry::emulator::http_front;
using spry::emulator::parse_listen;
using spry::emulator::read_settings;

std::string describe(const char* text) {
    const auto choice = parse_listen(text);
    if (!choice)
        return "refused";
    return choice->address.to_string() + (choice->both_loopbacks ? " and ::1" : "");
}

TEST(listen, reads_every_form) {
    EXPECT_EQ(describe("9001"), "127.0.0.1:9001 and ::1");
    EXPECT_EQ(describe("0"), "127.0.0.1:0 and ::1");
    EXPECT_EQ(describe("localhost:9001"), "127.0.0.1:9001 and ::1");
    EXPECT_EQ(describe("127.0.0.1:0"), "127.0.0.1:0");
    EXPECT_EQ(describe("0.0.0.0:80"), "0.0.0.0:80");
    EXPECT_EQ(describe(":8080"), "0.0.0.0:8080");
    EXPECT_EQ(describe("[::1]:9000"), "[::1]:9000");
}

TEST(listen, refuses_everything_else) {
    for (const char* text : {"", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":",
                             "127.0.0.1:-1", "127.0.0.1:9000x", "::1:9000", "[::1]", "-1",
                             "somewhere:9000", " 9000", "http://127.0.0.1:9000"})
        EXPECT_EQ(describe(text), "refused") << text;
}

TEST(listen, is_rie_in_a_container_and_loopback_elsewhere) {
    emulator_options options;
    EXPECT_EQ(read_settings({}, true, &options), std::nullopt);
    EXPECT_EQ(options.listen.address.to_string(), "0.0.0.0:8080");
    EXPECT_EQ(read_settings({}, false, &options), std::nullopt);
    EXPECT_EQ(options.listen.address.to_string(), "127.0.0.1:9000");
    EXPECT_TRUE(options.listen.both_loopbacks);
    EXPECT_EQ(read_settings({"SPRY_LISTEN=127.0.0.1:7"}, true, &options), std::nullopt);
    EXPECT_EQ(options.listen.address.to_string(), "127.0.0.1:7");
}

TEST(listen, is_that_of_an_http_service_where_only_PORT_is_set) {
    emulator_options service;
    EXPECT_EQ(read_settings({"PORT=8081"}, false, &service), std::nullopt);
    EXPECT_EQ(service.listen.address.to_string(), "0.0.0.0:8081");
    EXPECT_EQ(service.http, http_front::alone);
    EXPECT_GE(service.dispatching.environments_max, 1U);

    emulator_options managed;
    EXPECT_EQ(read_settings({"PORT=8081", "AWS_LAMBDA_MAX_CONCURRENCY=8"}, true, &managed),
              std::nullopt);
    EXPECT_EQ(managed.dispatching.environments_max, 1U);
    EXPECT_EQ(managed.listen.address.to_string(), "0.0.0.0:8081");

    emulator_options chosen; // by a person
    EXPECT_EQ(read_settings({"PORT=8081", "SPRY_LISTEN=127.0.0.1:7"}, false, &chosen),
              std::nullopt);
    EXPECT_EQ(chosen.listen.address.to_string(), "127.0.0.1:7");
    EXPECT_EQ(chosen.http, http_front::none);

    emulator_options by_flag;
    EXPECT_EQ(read_settings({"PORT=x", "SPRY_LISTEN=x"}, false, &by_flag, *parse_listen("8")),
              std::nullopt);
    EXPECT_EQ(by_flag.listen.address.to_string(), "127.0.0.1:8");
    EXPECT_EQ(by_flag.http, http_front::none);
}

TEST(listen, reports_a_port_in_use) {
    auto loop = *spry::io::event_loop::create(spry::io::backend_choice::automatic);
    auto first = bind_all(*loop, *parse_listen("127.0.0.1:0"));
    ASSERT_TRUE(first);
    const std::string port = std::to_string(first->front().local_address().port());
    auto second = bind_all(*loop, *parse_listen(port.c_str()));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), std::errc::address_in_use);
}

TEST(settings, take_ries_variables) {
    emulator_options options;
    EXPECT_EQ(read_settings({"AWS_LAMBDA_FUNCTION_TIMEOUT=3", "AWS_LAMBDA_FUNCTION_NAME=mine",
                             "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "SPRY_ALLOW_HOST=a.b,c"},
                            false, &options),
              std::nullopt);
    EXPECT_EQ(options.function.timeout, std::chrono::seconds{3});
    EXPECT_EQ(options.function.name, "mine");
    EXPECT_EQ(options.function.memory_size_mib, 512U);
    EXPECT_TRUE(options.cors.origins.empty());
    ASSERT_EQ(options.allowed_hosts.size(), 2U);
    EXPECT_EQ(options.allowed_hosts[0], "a.b");
}

TEST(settings, refuse_what_is_no_number_or_no_address) {
    for (const char* wrong :
         {"AWS_LAMBDA_FUNCTION_TIMEOUT=soon", "AWS_LAMBDA_FUNCTION_TIMEOUT=0",
          "AWS_LAMBDA_FUNCTION_TIMEOUT=1.5", "AWS_LAMBDA_FUNCTION_TIMEOUT=99999999",
          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=-1", "SPRY_LISTEN=here", "PORT=http", "PORT=0",
          "PORT=65536", "PORT=:80", "SPRY_CORS=example.com", "SPRY_CORS=https://a/",
          "SPRY_CORS=https://a, https://b", "SPRY_CORS=,"}) {
        emulator_options options;
        const std::optional<std::string> problem = read_settings({wrong}, false, &options);
        ASSERT_TRUE(problem) << wrong;
        const std::string name{wrong, std::string{wrong}.find('=')};
        EXPECT_EQ(problem->rfind(name, 0), 0U) << *problem;
    }
}

} // namespace
