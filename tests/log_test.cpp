// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/log.hpp>

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using spry::log_level;
using spry::logger;

// What is written to descriptor 1 meanwhile, one element for each write: the socket keeps them
// apart.
template <class F>
std::vector<std::string> writes_of(F&& print) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
    const int before = ::dup(STDOUT_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    print();
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
    ::close(ends[1]);
    std::vector<std::string> writes;
    std::string piece(65536, '\0');
    while (true) {
        const ssize_t size = ::read(ends[0], piece.data(), piece.size());
        if (size <= 0)
            break;
        writes.emplace_back(piece, 0, static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    return writes;
}

TEST(log, writes_one_line_in_one_write) {
    const logger log{log_level::info, "id-7"};
    const auto writes = writes_of([&] { log.info("hello"); });
    ASSERT_EQ(writes.size(), 1u);
    EXPECT_TRUE(std::regex_match(
        writes[0], std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tid-7\tINFO\thello\n)"}))
        << writes[0];
}

TEST(log, writes_fields_behind_the_message) {
    const logger log{log_level::trace};
    const auto writes = writes_of([&] {
        log.warn("m", {{"text", "a b"},
                       {"minus", -5},
                       {"size", sizeof(int)},
                       {"most", std::numeric_limits<std::uint64_t>::max()},
                       {"half", 0.5},
                       {"yes", true}});
    });
    ASSERT_EQ(writes.size(), 1u);
    EXPECT_NE(
        writes[0].find("\t\tWARN\tm\ttext=a "
                       "b\tminus=-5\tsize=4\tmost=18446744073709551615\thalf=0.5\tyes=true\n"),
        std::string::npos)
        << writes[0];
}

TEST(log, writes_nothing_below_its_level) {
    const logger log{log_level::error};
    EXPECT_TRUE(writes_of([&] {
                    log.trace("x");
                    log.debug("x");
                    log.info("x");
                    log.warn("x");
                }).empty());
    EXPECT_EQ(writes_of([&] {
                  log.error("x");
                  log.fatal("x");
              }).size(),
              2u);
}

TEST(log, keeps_a_record_in_one_line) {
    const logger log{log_level::info, "id"};
    const auto writes = writes_of([&] { log.info("two\nlines", {{"f", "a\nb"}}); });
    ASSERT_EQ(writes.size(), 1u);
    EXPECT_TRUE(writes[0].ends_with("two\rlines\tf=a\rb\n")) << writes[0];
}

TEST(log, writes_a_long_record_whole) {
    const logger log{log_level::info, "id"};
    const std::string message(100'000, 'm');
    std::string all;
    for (const std::string& piece : writes_of([&] { log.info(message); }))
        all += piece;
    EXPECT_TRUE(all.ends_with(message + "\n"));
}

TEST(log, reads_level_names_in_any_case) {
    EXPECT_EQ(spry::parse_log_level("TRACE", log_level::info), log_level::trace);
    EXPECT_EQ(spry::parse_log_level("debug", log_level::info), log_level::debug);
    EXPECT_EQ(spry::parse_log_level("Warn", log_level::info), log_level::warn);
    EXPECT_EQ(spry::parse_log_level("FATAL", log_level::info), log_level::fatal);
    EXPECT_EQ(spry::parse_log_level("", log_level::warn), log_level::warn);
    EXPECT_EQ(spry::parse_log_level("loud", log_level::info), log_level::info);
}

} // namespace
