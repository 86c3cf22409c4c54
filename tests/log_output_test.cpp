// SPDX-License-Identifier: Apache-2.0
// Where records go: whole and in order, and framed.
#include <spry/handler_api/log.hpp>

#include <spry/core/utf8.hpp>
#include <spry/handler_api/detail/log_settings.hpp>
#include <spry/handler_api/detail/record_writer.hpp>
#include <spry/handler_api/detail/standard_output.hpp>

#include "support/captured_output.hpp"
#include "support/forked.hpp"
#include "support/log_stream.hpp"
#include "support/logged.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

using spry::log_format;
using spry::log_level;
using spry::log_output;
using spry::logger;
using spry::testing::logged;
using spry::tests::captured_output;
using spry::tests::exit_code_of;
using spry::tests::frame;
using spry::tests::frames_in;
using spry::tests::lines_in;
using spry::tests::read_to_end;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// --- frames ------------------------------------------------------------------------------------

constexpr std::chrono::system_clock::time_point example_time{
    std::chrono::microseconds{1'700'000'000'000'000}};

TEST(contract_4_3, the_header_is_that_of_the_example) {
    const auto header =
        spry::detail::frame_header(log_level::info, log_format::text, 3, example_time);
    EXPECT_EQ(
        (std::string_view{header.data(), header.size()}),
        (std::string_view{"\xa5\x5a\x00\x0f\x00\x00\x00\x03\x00\x06\x0a\x24\x18\x1e\x40\x00", 16}));
}

TEST(contract_4_3, the_type_word_is_that_of_the_table_for_each_level_and_format) {
    constexpr std::array<std::uint32_t, 6> text{0xA55A0007, 0xA55A000B, 0xA55A000F,
                                                0xA55A0013, 0xA55A0017, 0xA55A001B};
    constexpr std::array<std::uint32_t, 6> json{0xA55A0006, 0xA55A000A, 0xA55A000E,
                                                0xA55A0012, 0xA55A0016, 0xA55A001A};
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const bool is_text : {true, false}) {
            const auto format = is_text ? log_format::text : log_format::json;
            const std::string stream = logged(
                format,
                [i](const log_output& output) {
                    logger{log_level::trace, "id", {}, &output}.log(static_cast<log_level>(i), "m");
                },
                true);
            const std::vector<frame> frames = frames_in(stream);
            ASSERT_EQ(frames.size(), 1u);
            EXPECT_EQ(frames[0].type, is_text ? text[i] : json[i]);
        }
    }
}

TEST(contract_4_3, a_frame_has_the_size_and_the_time_of_its_message) {
    const auto before = std::chrono::system_clock::now();
    const std::string stream = logged(
        log_format::text,
        [](const log_output& output) {
            const logger log{log_level::trace, "id", {}, &output};
            log.info("first");
            log.warn("two\nlines", {{"field", "a\nb"}});
        },
        true);
    const auto after = std::chrono::system_clock::now();
    const std::vector<frame> frames = frames_in(stream);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_THAT(frames[0].message, EndsWith("\tid\tINFO\tfirst\n"));
    EXPECT_THAT(frames[1].message, EndsWith("\tid\tWARN\ttwo\nlines\tfield=a\nb\n"));
    for (const frame& each : frames) {
        const std::chrono::system_clock::time_point when{
            std::chrono::microseconds{each.microseconds}};
        EXPECT_GE(when, std::chrono::floor<std::chrono::microseconds>(before));
        EXPECT_LE(when, after);
    }
}

// Around every size at which a frame stops to fit into the buffer.
TEST(contract_4_3, a_frame_of_any_size_is_whole) {
    std::vector<std::size_t> sizes{100'000, 1'000'000};
    for (std::size_t size = 3950; size < 4150; ++size)
        sizes.push_back(size);
    for (const log_format format : {log_format::text, log_format::json}) {
        const std::string stream = logged(
            format,
            [&](const log_output& output) {
                const logger log{log_level::info, "id", {}, &output};
                for (const std::size_t size : sizes)
                    log.info(std::string(size, 'm'), {{"size", size}});
            },
            true);
        const std::vector<frame> frames = frames_in(stream);
        ASSERT_EQ(frames.size(), sizes.size());
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const bool is_json = format == log_format::json;
            EXPECT_EQ(frames[i].type, is_json ? 0xA55A000E : 0xA55A000F);
            EXPECT_THAT(frames[i].message,
                        HasSubstr((is_json ? "\"" : "\t") + std::string(sizes[i], 'm') +
                                  (is_json ? "\"," : "\t")));
            EXPECT_THAT(frames[i].message,
                        EndsWith((is_json ? "\"size\":" : "size=") + std::to_string(sizes[i]) +
                                 (is_json ? "}\n" : "\n")));
        }
    }
}

// --- whole and in order ------------------------------------------------------------------------

// What is written to a socket that keeps writes apart, one element each.
template <class Print>
std::vector<std::string> writes_of(log_format format, bool framed, Print print) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    const log_output output{ends[1], format, framed};
    print(logger{log_level::info, "id", {}, &output});
    ::shutdown(ends[1], SHUT_WR);
    std::vector<std::string> writes;
    std::string piece(65536, '\0');
    for (ssize_t size = 1; size > 0;) {
        size = ::read(ends[0], piece.data(), piece.size());
        if (size > 0)
            writes.emplace_back(piece, 0, static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    ::close(ends[1]);
    return writes;
}

TEST(log_output, is_written_once_for_each_record_that_a_pipe_takes_undivided) {
    for (const log_format format : {log_format::text, log_format::json}) {
        for (const bool framed : {false, true}) {
            const auto writes = writes_of(format, framed, [](const logger& log) {
                log.info("short", {{"number", 1}, {"text", "a\"b\\c\x01"}});
                log.info(std::string(3900, 'm'));
            });
            EXPECT_EQ(writes.size(), 2u) << framed;
        }
    }
}

TEST(log_output, takes_a_long_text_as_it_stands) {
    const std::string message(20'000, 'm');
    const auto writes =
        writes_of(log_format::json, false, [&](const logger& log) { log.info(message); });
    ASSERT_EQ(writes.size(), 2u);
    EXPECT_THAT(writes[0], StartsWith("{\"timestamp\":\""));
    EXPECT_THAT(writes[0], EndsWith(message));
    EXPECT_EQ(writes[1], "\",\"requestId\":\"id\"}\n");
}

// A line of the writer `thread`, its size depending on its number; every third has much to escape.
std::string message_of(int thread, int number) {
    const std::size_t size = number % 7 == 0 ? 20'000 : static_cast<std::size_t>(number) * 37 % 900;
    return std::to_string(thread) + " " + std::to_string(number) + " " +
           std::string(size, number % 3 == 0 ? '"' : static_cast<char>('a' + thread));
}

constexpr int threads_max = 4;
constexpr int records_each = 60;

// All that several threads log at once to a pipe that holds one page.
std::string logged_by_threads(log_format format, bool framed) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
    const log_output output{ends[1], format, framed};
    std::vector<std::thread> writers;
    for (int thread = 0; thread < threads_max; ++thread) {
        writers.emplace_back([thread, &output] {
            const logger log{log_level::info, "id", {}, &output};
            for (int number = 0; number < records_each; ++number)
                log.info(message_of(thread, number));
        });
    }
    std::string all;
    std::thread reader{[&] { all = read_to_end(ends[0], 3000); }};
    for (std::thread& writer : writers)
        writer.join();
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    return all;
}

// Each thread's records, in the order in which it wrote them.
void expect_all_of(const std::vector<std::string>& records, log_format format) {
    ASSERT_EQ(records.size(), static_cast<std::size_t>(threads_max * records_each));
    std::array<int, threads_max> next{};
    for (const std::string& record : records) {
        const std::string marker = format == log_format::json ? "\"message\":\"" : "\tINFO\t";
        const std::size_t start = record.find(marker) + marker.size();
        const int thread = std::atoi(record.c_str() + start);
        ASSERT_TRUE(thread >= 0 && thread < threads_max) << record;
        std::string expected = message_of(thread, next[static_cast<std::size_t>(thread)]++);
        if (format == log_format::json) {
            std::string escaped;
            for (const char character : expected)
                escaped += character == '"' ? std::string{"\\\""} : std::string{character};
            expected = escaped + "\",\"requestId\":\"id\"}\n";
        } else {
            expected += "\n";
        }
        ASSERT_EQ(record.substr(start), expected);
    }
}

TEST(log_output, keeps_records_of_several_threads_whole_and_in_order) {
    for (const log_format format : {log_format::text, log_format::json}) {
        SCOPED_TRACE(format == log_format::json);
        expect_all_of(lines_in(logged_by_threads(format, false)), format);
        std::vector<std::string> messages;
        for (const frame& each : frames_in(logged_by_threads(format, true))) {
            ASSERT_NE(each.type, 0u);
            messages.push_back(each.message);
        }
        expect_all_of(messages, format);
    }
}

std::atomic<int> interruptions = 0;

// A pipe of one page whose writer is interrupted whenever something was read.
TEST(log_output, goes_on_where_a_signal_interrupted_a_write) {
    struct sigaction action{};
    struct sigaction before{};
    action.sa_handler = [](int) { ++interruptions; }; // without SA_RESTART
    ::sigaction(SIGUSR1, &action, &before);
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
    const log_output output{ends[1], log_format::json, true};
    std::string all;
    std::thread reader{[&, writer = ::pthread_self()] {
        std::array<char, 700> piece;
        for (ssize_t size = 1; size > 0;) {
            size = ::read(ends[0], piece.data(), piece.size());
            all.append(piece.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
            ::pthread_kill(writer, SIGUSR1);
        }
    }};
    const std::string message(200'000, 'm');
    const logger log{log_level::info, "id", {}, &output};
    log.info(message);
    log.info(std::string(100'000, '"')); // twice that, escaped
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    ::sigaction(SIGUSR1, &before, nullptr);
    EXPECT_GT(interruptions, 0);
    const std::vector<frame> frames = frames_in(all);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_THAT(frames[0].message, HasSubstr("\"" + message + "\""));
    EXPECT_NE(frames[1].type, 0u);
    EXPECT_GT(frames[1].message.size(), 200'000u);
}

TEST(log_output, waits_for_room_where_somebody_has_made_the_pipe_non_blocking) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    ::fcntl(ends[0], F_SETFL, 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4096);
    std::string all;
    std::thread reader{[&] { all = read_to_end(ends[0], 500); }};
    const log_output output{ends[1], log_format::text, false};
    const std::string message(100'000, 'm');
    logger{log_level::info, "id", {}, &output}.info(message);
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    EXPECT_THAT(all, EndsWith("\tINFO\t" + message + "\n"));
}

TEST(log_output, gives_up_where_nobody_reads_any_more) {
    EXPECT_EQ(exit_code_of([] {
                  std::signal(SIGPIPE, SIG_IGN);
                  std::array<int, 2> ends{};
                  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
                      return 1;
                  ::close(ends[0]);
                  const log_output output{ends[1], log_format::text, false};
                  logger{log_level::info, "id", {}, &output}.info(std::string(100'000, 'm'));
                  return 0;
              }),
              0);
}

// --- beside what the user prints ---------------------------------------------------------------

TEST(log_output, stands_between_what_was_printed_before_and_after) {
    captured_output captured;
    const log_output output{};
    std::printf("before, ");
    logger{log_level::info, "id", {}, &output}.info("record");
    std::printf("after");
    const std::string text = captured.finish();
    EXPECT_THAT(text, StartsWith("before, 2"));
    EXPECT_THAT(text, EndsWith("\trecord\nafter"));
}

TEST(standard_output, is_flushed_of_what_cout_was_given) {
    captured_output captured;
    std::cout << "through cout " << 1;
    spry::detail::flush_standard_output();
    std::string text(14, '\0');
    EXPECT_EQ(::pread(STDOUT_FILENO, text.data(), text.size(), 0), 14);
    captured.finish();
    EXPECT_EQ(text, "through cout 1");
}

// It cannot be undone, hence a process of its own.
TEST(standard_output, is_flushed_of_what_a_cout_of_its_own_buffer_was_given) {
    EXPECT_EQ(exit_code_of([] {
                  std::fflush(stdout);
                  captured_output captured;
                  std::ios_base::sync_with_stdio(false);
                  std::cout << "through cout " << 1;
                  std::clog << "";
                  spry::detail::flush_standard_output();
                  std::string text(14, '\0');
                  return ::pread(STDOUT_FILENO, text.data(), text.size(), 0) == 14 &&
                                 text == "through cout 1"
                             ? 0
                             : 1;
              }),
              0);
}

} // namespace
