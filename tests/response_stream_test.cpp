// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/response_stream.hpp>

#include <spry/core/error.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using spry::errc;
using spry::result;
using spry::task;
using spry::emulator::response_stream;
using spry::emulator::stream_limits;

// Both ends of one stream, in made-up time.
struct ends {
    explicit ends(const stream_limits& limits = {}) : stream(*loop, limits) {}

    std::unique_ptr<spry::io::event_loop> loop = spry::io::testing::make_scripted_loop({});
    response_stream stream;
    spry::stop_source stop;
    std::vector<std::error_code> written; // of each write, in order
    std::string got;
};

// Writes each text as one piece, up to the first failure; then ends the stream, as an outcome does.
task<> write_all(ends* of, std::vector<std::string> texts) {
    of->stream.start("text/plain");
    for (const std::string& text : texts) {
        const result<> written =
            co_await of->stream.write(std::as_bytes(std::span{text}), of->stop.token());
        of->written.push_back(written ? std::error_code{} : written.error());
        if (!written)
            break;
    }
    of->stream.end();
}

task<> read_all(ends* of, std::size_t at_a_time) {
    std::vector<std::byte> part(at_a_time);
    while (true) {
        const result<std::size_t> count = co_await of->stream.read(part);
        if (!count || *count == 0)
            co_return;
        of->got.append(reinterpret_cast<const char*>(part.data()), *count);
    }
}

task<> turns(ends* of, int count) {
    for (; count != 0; --count)
        (void)co_await of->loop->yield();
}

TEST(response_stream, passes_pieces_on_in_order_whatever_the_readers_room) {
    for (const std::size_t room : {1, 3, 100}) {
        ends both;
        both.loop->run([](ends* of, std::size_t at_a_time) -> task<> {
            spry::task_scope scope;
            scope.spawn(read_all(of, at_a_time));
            scope.spawn(write_all(of, {"one, ", "", "two, ", "three"}));
            co_await scope.join();
        }(&both, room));
        EXPECT_EQ(both.got, "one, two, three");
        EXPECT_EQ(both.written, std::vector<std::error_code>(4));
        EXPECT_EQ(both.stream.content_type(), "text/plain");
    }
}

TEST(response_stream, keeps_the_writer_until_its_piece_has_been_taken) {
    ends both;
    both.loop->run([](ends* of) -> task<> {
        spry::task_scope scope;
        scope.spawn(write_all(of, {"abc", "de"}));
        co_await turns(of, 10);
        EXPECT_TRUE(of->written.empty());
        std::array<std::byte, 2> two;
        result<std::size_t> count = co_await of->stream.read(two);
        EXPECT_EQ(*count, 2U);
        co_await turns(of, 10);
        EXPECT_TRUE(of->written.empty()) << "one byte has not been taken";
        count = co_await of->stream.read(two);
        EXPECT_EQ(*count, 1U);
        co_await turns(of, 10);
        EXPECT_EQ(of->written.size(), 1U);
        co_await read_all(of, 10);
        co_await scope.join();
    }(&both));
}

TEST(response_stream, that_ends_before_it_has_started_says_so) {
    ends both;
    both.loop->run([](ends* of) -> task<> {
        of->stream.end();
        const bool started = co_await of->stream.started();
        EXPECT_FALSE(started);
    }(&both));
}

TEST(response_stream, lets_the_writer_go_when_it_ends) {
    ends both;
    both.loop->run([](ends* of) -> task<> {
        spry::task_scope scope;
        scope.spawn(write_all(of, {"never taken"}));
        of->stream.end(); // as at a deadline
        co_await scope.join();
        co_await read_all(of, 10);
    }(&both));
    EXPECT_EQ(both.written, std::vector<std::error_code>{errc::cancelled});
    EXPECT_EQ(both.got, "");
}

TEST(response_stream, lets_the_writer_go_when_that_is_stopped) {
    ends both;
    both.loop->run([](ends* of) -> task<> {
        spry::task_scope scope;
        scope.spawn(write_all(of, {"never taken"}));
        of->stop.request_stop();
        co_await scope.join();
    }(&both));
    EXPECT_EQ(both.written, std::vector<std::error_code>{errc::cancelled});
}

TEST(response_stream, throws_away_what_nobody_reads) {
    ends both;
    both.loop->run([](ends* of) -> task<> {
        spry::task_scope scope;
        scope.spawn(write_all(of, {"half", "the rest", "and more"}));
        of->stream.abandon();
        co_await scope.join();
    }(&both));
    EXPECT_EQ(both.written, std::vector<std::error_code>(3));
}

TEST(response_stream, ends_a_response_beyond_its_limit_behind_what_fits) {
    for (const bool is_read : {true, false}) {
        ends both{{.bytes_max = 10}};
        both.loop->run([](ends* of, bool reads) -> task<> {
            spry::task_scope scope;
            if (reads)
                scope.spawn(read_all(of, 100));
            else
                of->stream.abandon();
            scope.spawn(write_all(of, {"12345", "67890", "x"}));
            co_await scope.join();
        }(&both, is_read));
        EXPECT_EQ(both.got, is_read ? "1234567890" : "");
        EXPECT_EQ(both.written, (std::vector<std::error_code>{{}, {}, errc::body_too_large}));
    }
}

// In the made-up time of the loop, which passes only while everything waits.
TEST(response_stream, gives_out_no_more_than_its_bandwidth) {
    constexpr std::size_t mib = 1024 * 1024;
    ends both{{.bytes_per_second = 2 * mib}};
    const spry::io::time_point begun = both.loop->now();
    both.loop->run([](ends* of) -> task<> {
        spry::task_scope scope;
        scope.spawn(read_all(of, mib));
        scope.spawn(write_all(of, {std::string(6 * mib, 'a'), std::string(3 * mib, 'b')}));
        co_await scope.join();
    }(&both));
    EXPECT_EQ(both.got.size(), 9 * mib);
    EXPECT_EQ(both.loop->now() - begun, std::chrono::milliseconds{1500});
}

} // namespace
