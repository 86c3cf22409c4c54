// SPDX-License-Identifier: Apache-2.0
// A program that cannot start says in one line what is wrong and what to do, and ends.
#include "release/local_function.hpp"

namespace {

using release::example;
using release::finished;
using release::held_port;
using release::is_one_line;
using release::run_to_end;
using release::strings;
using release::test_program;
using testing::HasSubstr;

class wrong_start : public release::leaves_no_process {};

// Runs a program that has to refuse; its one line.
std::string refusal(const std::string& program, const strings& environment,
                    const strings& arguments = {}, int (*prepare)() = release::die_with_parent) {
    const finished run =
        run_to_end(release::joined({program}, arguments), environment, release::patience, prepare);
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_EQ(run.out, "");
    EXPECT_TRUE(is_one_line(run.err)) << run.text();
    return run.err;
}

TEST_F(wrong_start, names_a_port_in_use_and_the_way_to_another) {
    const held_port taken;
    const std::string line = refusal(example("hello"), {"SPRY_LISTEN=127.0.0.1:" + taken.text()});
    EXPECT_THAT(line, HasSubstr("port " + taken.text() + " is in use"));
    EXPECT_THAT(line, HasSubstr("SPRY_LISTEN=127.0.0.1:PORT"));
}

TEST_F(wrong_start, refuses_a_malformed_spry_listen) {
    for (const std::string value : {"nonsense", "127.0.0.1:", "127.0.0.1:70000", "localhost:http",
                                    "[::1:9000", "-1", " 9000", "http://127.0.0.1:9000"}) {
        const std::string line = refusal(example("hello"), {"SPRY_LISTEN=" + value});
        EXPECT_THAT(line, HasSubstr("SPRY_LISTEN is \"" + value + "\""));
        EXPECT_THAT(line, HasSubstr("SPRY_LISTEN=127.0.0.1:9000"));
    }
}

// An address for documentation, which no machine has (RFC 5737).
TEST_F(wrong_start, names_an_address_that_cannot_be_listened_on) {
    const std::string line = refusal(example("hello"), {"SPRY_LISTEN=192.0.2.1:9000"});
    EXPECT_THAT(line, HasSubstr("cannot listen on 192.0.2.1:9000: "));
    EXPECT_THAT(line, HasSubstr("SPRY_LISTEN=127.0.0.1:PORT"));
}

TEST_F(wrong_start, says_that_flags_are_the_emulators) {
    const held_port taken; // which ends it
    const finished run = run_to_end({example("hello"), "--watch"},
                                    {"SPRY_LISTEN=127.0.0.1:" + taken.text()}, release::patience);
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_THAT(run.err, HasSubstr("--watch says nothing to local mode"));
    EXPECT_THAT(run.err, HasSubstr("SPRY_LISTEN"));
}

TEST_F(wrong_start, refuses_a_malformed_timeout_or_memory_size) {
    for (const char* variable :
         {"AWS_LAMBDA_FUNCTION_TIMEOUT", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"}) {
        for (const char* value : {"soon", "-1", "1.5", "99999999999999999999"}) {
            const std::string line =
                refusal(example("hello"), {std::string(variable) + "=" + value});
            EXPECT_THAT(line, HasSubstr(variable));
            EXPECT_THAT(line, HasSubstr(value));
        }
    }
}

TEST_F(wrong_start, refuses_a_malformed_runtime_api) {
    for (const std::string value :
         {"https://127.0.0.1:9001", "ftp://127.0.0.1:9001", "http://",
          "127.0.0.1:", "127.0.0.1:port", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:9001x",
          ":9001", "::1", "[::1", "[::1]9001", "user@127.0.0.1:9001", "127.0.0.1:9001?query",
          "127.0.0.1:9001#fragment", "127.0.0.1: 9001", "127.0.0.1:9001\r"}) {
        const std::string line = refusal(example("hello"), {"AWS_LAMBDA_RUNTIME_API=" + value});
        EXPECT_THAT(line, HasSubstr("AWS_LAMBDA_RUNTIME_API is \""));
        EXPECT_THAT(line, HasSubstr("expected host:port, as in 127.0.0.1:9001"));
    }
}

// AWS's entry script takes it so, too.
TEST_F(wrong_start, takes_an_empty_runtime_api_for_none) {
    release::local_function hello(example("hello"), {}, {"AWS_LAMBDA_RUNTIME_API="});
    EXPECT_EQ(hello.invoke("{}").body, R"({"hello":"world"})");
    EXPECT_EQ(hello.stop(), 0);
}

TEST_F(wrong_start, without_an_emulator_names_the_variable_that_is_missing) {
    const std::string line = refusal(test_program("production"), {"SPRY_LISTEN=127.0.0.1:0"});
    EXPECT_THAT(line, HasSubstr("AWS_LAMBDA_RUNTIME_API"));
}

// A label of 64 characters is no name, so that nobody is asked.
TEST_F(wrong_start, names_a_host_that_there_is_not) {
    const std::string host = std::string(64, 'x') + ".invalid";
    const std::string line =
        refusal(example("hello"), {"AWS_LAMBDA_RUNTIME_API=" + host + ":9001"});
    EXPECT_THAT(line, HasSubstr("AWS_LAMBDA_RUNTIME_API is \"" + host + ":9001\""));
    EXPECT_THAT(line, HasSubstr("there is no host \"" + host + "\""));
}

// The function logs to standard output, as everything that Lambda should collect.
TEST_F(wrong_start, gives_up_where_nobody_listens) {
    const held_port silent{0, false};
    const finished run =
        run_to_end({example("hello")}, {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + silent.text()});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(std::count(run.out.begin(), run.out.end(), '\n'), 1) << run.out;
    EXPECT_THAT(run.out, HasSubstr("nobody answers where AWS_LAMBDA_RUNTIME_API says"));
    EXPECT_THAT(run.out, HasSubstr("address=127.0.0.1:" + silent.text()));
    EXPECT_THAT(run.out, HasSubstr("reason=Connection refused"));
}

TEST_F(wrong_start, refuses_an_unknown_spry_io) {
    const std::string line =
        refusal(example("hello"), {"SPRY_LISTEN=127.0.0.1:0", "SPRY_IO=kqueue"});
    EXPECT_THAT(line, HasSubstr("SPRY_IO is \"kqueue\""));
    EXPECT_THAT(line, HasSubstr("direct or epoll"));
}

// As in a container whose seccomp profile has no io_uring.
TEST_F(wrong_start, says_that_io_uring_is_refused) {
    const std::string line = refusal(example("hello"), {"SPRY_LISTEN=127.0.0.1:0", "SPRY_IO=uring"},
                                     {}, release::refuse_ring<release::ring_call::setup, EPERM>);
    EXPECT_THAT(line, HasSubstr("SPRY_IO=uring cannot be had here"));
    EXPECT_THAT(line, HasSubstr("direct or epoll"));
}

// runtime-contract 1.2, 1.9: an init error, and one line about it.
TEST_F(wrong_start, posts_an_init_error_where_a_backend_cannot_be_had) {
    for (const std::string wanted : {"kqueue", "uring"}) {
        const finished run = run_to_end(
            {example("hello")}, {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", "SPRY_IO=" + wanted},
            release::patience, release::refuse_ring<release::ring_call::setup, EPERM>);
        EXPECT_EQ(run.exit_code, 1) << run.text();
        EXPECT_TRUE(is_one_line(run.err)) << run.text();
        EXPECT_THAT(run.err, HasSubstr("init error: Runtime.NoSuchBackend: SPRY_IO"));
        // Nobody listens there.
        EXPECT_EQ(std::count(run.out.begin(), run.out.end(), '\n'), 1) << run.out;
        EXPECT_THAT(run.out, HasSubstr("the answer is lost: cannot connect to the Runtime API"));
    }
}

TEST_F(wrong_start, lists_the_functions_where_none_is_named) {
    const std::string line = refusal(example("multi"), {"SPRY_LISTEN=127.0.0.1:0"});
    EXPECT_THAT(line, HasSubstr("several functions (sum, delay, describe)"));
    EXPECT_THAT(line, HasSubstr("first argument"));
    EXPECT_THAT(line, HasSubstr("_HANDLER"));
}

TEST_F(wrong_start, lists_the_functions_where_an_unknown_one_is_named) {
    const std::string by_argument =
        refusal(example("multi"), {"SPRY_LISTEN=127.0.0.1:0", "_HANDLER=sum"}, {"product"});
    EXPECT_THAT(by_argument, HasSubstr("\"product\"; this binary has sum, delay, describe"));
    const std::string by_variable =
        refusal(example("multi"), {"SPRY_LISTEN=127.0.0.1:0", "_HANDLER=product"});
    EXPECT_THAT(by_variable, HasSubstr("\"product\"; this binary has sum, delay, describe"));
}

TEST_F(wrong_start, refuses_an_empty_table) {
    const std::string line = refusal(test_program("empty_table"), {"SPRY_LISTEN=127.0.0.1:0"});
    EXPECT_THAT(line, HasSubstr("the function table is empty"));
    EXPECT_THAT(line, HasSubstr("give spry::run at least one {name, handler}"));
}

// The Runtime API is told as well, so the end of the process is not the only sign.
TEST_F(wrong_start, reports_an_empty_table_to_the_runtime_api) {
    const held_port silent{0, false};
    const finished run = run_to_end({test_program("empty_table")},
                                    {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + silent.text()});
    EXPECT_EQ(run.exit_code, 1) << run.text();
    EXPECT_TRUE(is_one_line(run.err)) << run.text();
    EXPECT_THAT(run.err, HasSubstr("the function table is empty"));
}

} // namespace
