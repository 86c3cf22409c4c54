// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/environment.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace {

// Replaces the process's environment as long as it lives.
class environment_of {
public:
    template <std::size_t Count>
    explicit environment_of(std::array<std::string, Count>& variables) : before_(environ) {
        for (std::size_t i = 0; i < Count; ++i)
            pointers_[i] = variables[i].data();
        environ = pointers_.data();
    }
    environment_of(const environment_of&) = delete;
    environment_of& operator=(const environment_of&) = delete;
    ~environment_of() { environ = before_; }

private:
    std::array<char*, 32> pointers_{};
    char** before_;
};

TEST(environment, has_what_lambda_sets) {
    std::array<std::string, 19> variables{"PATH=/usr/bin",
                                          "AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001",
                                          "_HANDLER=greet",
                                          "AWS_LAMBDA_FUNCTION_NAME=name=with=signs",
                                          "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
                                          "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
                                          "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/name",
                                          "AWS_LAMBDA_LOG_STREAM_NAME=stream",
                                          "LAMBDA_TASK_ROOT=/var/task",
                                          "AWS_LAMBDA_LOG_LEVEL=DEBUG",
                                          "AWS_LAMBDA_LOG_FORMAT=JSON",
                                          "_LAMBDA_TELEMETRY_LOG_FD=3",
                                          "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET=/tmp/socket",
                                          "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
                                          "AWS_LAMBDA_MAX_CONCURRENCY=64",
                                          "SPRY_PIPELINE=1",
                                          "SPRY_IO=epoll",
                                          "A",
                                          "="};
    const environment_of given{variables};
    const spry::environment read = spry::read_environment();
    EXPECT_EQ(read.runtime_api, "127.0.0.1:9001");
    EXPECT_EQ(read.handler, "greet");
    EXPECT_EQ(read.function_name, "name=with=signs");
    EXPECT_EQ(read.function_version, "$LATEST");
    EXPECT_EQ(read.memory_size_mib, 128);
    EXPECT_EQ(read.log_group, "/aws/lambda/name");
    EXPECT_EQ(read.log_stream, "stream");
    EXPECT_EQ(read.task_root, "/var/task");
    EXPECT_EQ(read.log_level, "DEBUG");
    EXPECT_EQ(read.log_format, "JSON");
    EXPECT_EQ(read.telemetry_log_fd, "3");
    EXPECT_EQ(read.telemetry_log_socket, "/tmp/socket");
    EXPECT_EQ(read.initialization_type, "on-demand");
    EXPECT_EQ(read.max_concurrency, 64);
    EXPECT_TRUE(read.pipeline);
    EXPECT_EQ(read.io, "epoll");
}

TEST(environment, is_empty_where_nothing_is_set) {
    std::array<std::string, 9> variables{"AWS_LAMBDA_RUNTIME_APIS=no",
                                         "AWS_LAMBDA_RUNTIME_AP=no",
                                         "_HANDLERS=no",
                                         "AWS_LAMBDA_LOG_G=no",
                                         "AWS_LAMBDA_XOG_LEVEL=no",
                                         "_HANDLER",
                                         "_",
                                         "SPRY_",
                                         ""};
    const environment_of given{variables};
    const spry::environment read = spry::read_environment();
    EXPECT_EQ(read.runtime_api, "");
    EXPECT_EQ(read.handler, "");
    EXPECT_EQ(read.memory_size_mib, 0);
    EXPECT_FALSE(read.pipeline);
}

TEST(environment, takes_the_first_of_two_and_no_number_as_zero) {
    std::array<std::string, 4> variables{"_HANDLER=first", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=much",
                                         "_HANDLER=second", "SPRY_PIPELINE=yes"};
    const environment_of given{variables};
    const spry::environment read = spry::read_environment();
    EXPECT_EQ(read.handler, std::getenv("_HANDLER"));
    EXPECT_EQ(read.handler, "first");
    EXPECT_EQ(read.memory_size_mib, 0);
    EXPECT_FALSE(read.pipeline);
}

// Unset, not a number and up to 1 mean one worker; the most is a limit of ours.
TEST(contract_3_2_variable, max_concurrency_is_a_decimal_number_up_to_4096) {
    const struct {
        const char* value;
        std::uint32_t read;
    } cases[] = {{"1", 1},    {"2", 2},       {"64", 64},     {"0", 0},
                 {"", 0},     {"-1", 0},      {"+2", 0},      {" 8", 0},
                 {"8 ", 0},   {"8.5", 0},     {"0x10", 0},    {"many", 0},
                 {"016", 16}, {"4096", 4096}, {"4097", 4096}, {"99999999999999999999", 4096}};
    for (const auto& each : cases) {
        std::array<std::string, 1> variables{std::string{"AWS_LAMBDA_MAX_CONCURRENCY="} +
                                             each.value};
        const environment_of given{variables};
        EXPECT_EQ(spry::read_environment().max_concurrency, each.read) << each.value;
    }
}

} // namespace
