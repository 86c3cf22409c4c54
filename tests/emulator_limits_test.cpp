// SPDX-License-Identifier: Apache-2.0
// What callers may not do to the emulator: too much, too many, too slowly, for ever. Each limit is
// reached, and the next caller is served.
#include "emulator_caller.hpp"
#include "emulator_session.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace {

using spry_test::caller;
using spry_test::hear;
using spry_test::say;
using spry_test::session;
using spry_test::task;

constexpr std::string_view request_line = "POST /2015-03-31/functions/function/invocations "
                                          "HTTP/1.1\r\nHost: localhost\r\n";
// Where nothing stops it, a sender ends here.
constexpr std::size_t endless_bytes = 512 * 1024 * 1024;
constexpr std::size_t mib = 1024 * 1024;

// Goes on saying the same until nobody listens any more.
task<> say_for_ever(caller* who, std::string text) {
    while (who->sent < endless_bytes) {
        const spry::result<std::size_t> sent =
            co_await who->client.wire().send(std::as_bytes(std::span{text}));
        if (!sent)
            co_return;
        who->sent += *sent;
    }
}

void be_impatient(session& s) {
    s.options.callers.idle_timeout = std::chrono::milliseconds{0};
    s.options.callers.read_timeout = std::chrono::milliseconds{40};
}

TEST(emulator_limits, a_head_that_does_not_go_on_is_given_up) {
    session s;
    be_impatient(s);
    s.run([](session* self) -> task<> {
        caller slow{self};
        co_await say(&slow, "POST /2015-03-31/func");
        co_await hear(&slow, "");
        EXPECT_EQ(slow.heard, "");
        EXPECT_TRUE(slow.has_ended);
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
    EXPECT_EQ(s.log_count("START"), 1) << s.log();
}

TEST(emulator_limits, a_body_that_does_not_come_is_given_up) {
    session s;
    be_impatient(s);
    s.run([](session* self) -> task<> {
        caller slow{self};
        co_await say(&slow, std::string{request_line} + "Content-Length: 100\r\n\r\nhalf");
        co_await hear(&slow, "");
        EXPECT_TRUE(slow.has_ended);
        caller chunked{self};
        co_await say(&chunked,
                     std::string{request_line} + "Transfer-Encoding: chunked\r\n\r\n5\r\nha");
        co_await hear(&chunked, "");
        EXPECT_TRUE(chunked.has_ended);
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
    EXPECT_EQ(s.log_count("START"), 1) << s.log();
}

task<> dribble(session* self, caller* who) {
    constexpr int bytes_max = 10'000;
    for (int i = 0; i != bytes_max && !who->has_ended; ++i) {
        co_await say(who, "x");
        (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
    }
}

// Each byte comes in time, and all of them never.
TEST(emulator_limits, a_request_that_dribbles_is_given_up) {
    session s;
    s.options.callers.request_timeout = std::chrono::milliseconds{50};
    s.run([](session* self) -> task<> {
        const std::array<std::string, 2> begins{"POST /2015", std::string{request_line} +
                                                                  "Content-Length: 20000\r\n\r\n"};
        for (const std::string& begin : begins) {
            caller slow{self};
            co_await say(&slow, begin);
            spry::task_scope scope;
            scope.spawn(dribble(self, &slow));
            co_await hear(&slow, "");
            EXPECT_TRUE(slow.has_ended);
            EXPECT_LT(slow.sent, 10'000U);
            co_await scope.join();
        }
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
    EXPECT_EQ(s.log_count("START"), 1) << s.log();
}

TEST(emulator_limits, a_connection_that_says_nothing_is_given_up) {
    session s;
    s.options.callers.idle_timeout = std::chrono::milliseconds{40};
    s.run([](session* self) -> task<> {
        caller silent{self};
        co_await say(&silent, "");
        co_await hear(&silent, "");
        EXPECT_TRUE(silent.has_ended);
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
}

TEST(emulator_limits, a_body_without_end_is_told_413_and_cut_off) {
    session s;
    s.run([](session* self) -> task<> {
        caller endless{self};
        co_await say(&endless, std::string{request_line} + "Transfer-Encoding: chunked\r\n\r\n");
        spry::task_scope both;
        both.spawn(say_for_ever(&endless, "10000\r\n" + std::string(0x10000, ' ') + "\r\n"));
        both.spawn(hear(&endless, ""));
        co_await both.join();
        EXPECT_EQ(endless.heard.compare(0, 12, "HTTP/1.1 413"), 0) << endless.heard;
        EXPECT_GT(endless.sent, 6 * mib);
        EXPECT_LT(endless.sent, 128 * mib);
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
    EXPECT_EQ(s.log_count("START"), 1) << s.log();
}

TEST(emulator_limits, a_head_without_end_is_told_431_and_cut_off) {
    session s;
    s.run([](session* self) -> task<> {
        caller endless{self};
        co_await say(&endless, std::string{request_line} + "X-Large: ");
        spry::task_scope both;
        both.spawn(say_for_ever(&endless, std::string(0x10000, 'x')));
        both.spawn(hear(&endless, ""));
        co_await both.join();
        EXPECT_EQ(endless.heard.compare(0, 12, "HTTP/1.1 431"), 0) << endless.heard;
        EXPECT_LT(endless.sent, 128 * mib);
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
}

TEST(emulator_limits, too_many_header_lines_are_told_431) {
    session s;
    s.run([](session* self) -> task<> {
        caller many{self};
        std::string head{request_line};
        for (int i = 0; i != 300; ++i)
            head += "a: b\r\n";
        co_await say(&many, head + "\r\n");
        co_await hear(&many, "");
        EXPECT_EQ(many.heard.compare(0, 12, "HTTP/1.1 431"), 0) << many.heard;
        co_await self->invoke("1");
    });
    EXPECT_EQ(s.replies[0].body, "1");
}

// Those that are there go on; the next one is served in the place of the first that leaves.
TEST(emulator_limits, callers_beyond_the_number_of_connections_wait_for_a_place) {
    session s;
    s.options.callers.connections_max = 8;
    s.run([](session* self) -> task<> {
        const std::string event = std::string{request_line} + "Content-Length: 1\r\n\r\n1";
        std::vector<std::unique_ptr<caller>> held;
        for (int i = 0; i != 8; ++i) {
            held.push_back(std::make_unique<caller>(self));
            co_await say(held.back().get(), event);
            co_await hear(held.back().get(), "\r\n\r\n1");
        }
        caller late{self};
        co_await say(&late, event);
        for (const auto& each : held) {
            each->heard.clear();
            co_await say(each.get(), event);
            co_await hear(each.get(), "\r\n\r\n1");
        }
        EXPECT_EQ(self->log_count("START"), 16) << self->log();
        held.pop_back();
        co_await hear(&late, "\r\n\r\n1");
        EXPECT_FALSE(late.has_ended);
        co_await self->log_has("START", 17);
    });
}

} // namespace
