// SPDX-License-Identifier: Apache-2.0
// Receives behind sends, on one connection after the other: what the ring keeps armed between them
// must be seen by nobody. The peer is a bare descriptor, so that it acts while the loop does not.
#include <spry/io/socket.hpp>

#include <spry/core/task_scope.hpp>

#include "support/bytes.hpp"
#include "support/on_every_backend.hpp"
#include "support/socket_pair.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;
using spry::tests::bytes_of;
using spry::tests::connect_fds;
using spry::tests::fd_pair;
using spry::tests::text_of;

class standing_receive : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(standing_receive);

constexpr std::size_t buffer_size = 8;

struct connection {
    io::socket near;
    io::unique_fd far;

    connection(io::event_loop& loop, fd_pair fds)
        : near(loop, std::move(fds.near)), far(std::move(fds.far)) {}
    explicit connection(io::event_loop& loop) : connection(loop, connect_fds()) {}

    void say(std::string_view text) const {
        EXPECT_EQ(::send(far.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
};

// What was received, or why not.
std::string received(const result<std::size_t>& size,
                     const std::array<std::byte, buffer_size>& buffer) {
    return size ? text_of(std::span{buffer}.first(*size)) : size.error().message();
}

// A receive behind a send of one byte.
task<std::string> ask(io::socket* near, stop_token stop = {}) {
    std::array<std::byte, buffer_size> buffer;
    if (!co_await near->send(bytes_of("?")))
        co_return "not sent";
    const result<std::size_t> size = co_await near->recv(buffer, stop);
    co_return received(size, buffer);
}
task<std::string> receive(io::socket* near) {
    std::array<std::byte, buffer_size> buffer;
    const result<std::size_t> size = co_await near->recv(buffer);
    co_return received(size, buffer);
}
task<> ask_into(io::socket* near, stop_token stop, std::string* into) {
    *into = co_await ask(near, stop);
}
task<> turns(io::event_loop* loop, int count) {
    for (int i = 0; i != count; ++i)
        static_cast<void>(co_await loop->sleep_for(std::chrono::microseconds{100}));
}

// So often that everybody's ring is there, and stands.
task<> get_going(const connection* with, io::socket* near) {
    for (const char* word : {"one", "two", "three", "four", "five"}) {
        with->say(word);
        EXPECT_EQ(co_await ask(near), word);
    }
}

task<std::string> talk(io::event_loop* loop, bool at_once) {
    connection with{*loop};
    std::string all;
    for (int i = 0; i != 40; ++i) {
        std::string answer = "late";
        task_scope scope;
        if (at_once)
            with.say(std::to_string(i));
        scope.spawn(ask_into(&with.near, {}, &answer));
        co_await turns(loop, 2);
        if (!at_once)
            with.say(std::to_string(i));
        co_await scope.join();
        all += answer + " ";
    }
    co_return all;
}

std::string numbers_to_40() {
    std::string all;
    for (int i = 0; i != 40; ++i)
        all += std::to_string(i) + " ";
    return all;
}

TEST_P(standing_receive, outlives_messages_that_are_waited_for) {
    EXPECT_EQ(run(talk(&loop(), false)), numbers_to_40());
}
TEST_P(standing_receive, outlives_messages_that_are_there_already) {
    EXPECT_EQ(run(talk(&loop(), true)), numbers_to_40());
}

task<std::string> leave_bytes_alone(io::event_loop* loop) {
    connection with{*loop};
    std::string all;
    for (int i = 0; i != 10; ++i) {
        co_await get_going(&with, &with.near);
        with.say("un");
        co_await turns(loop, 2);
        with.say("asked");
        co_await turns(loop, 2);
        all += co_await ask(&with.near) + " ";
    }
    co_return all;
}

TEST_P(standing_receive, loses_nothing_that_comes_while_nobody_receives) {
    std::string all;
    for (int i = 0; i != 10; ++i)
        all += "unasked ";
    EXPECT_EQ(run(leave_bytes_alone(&loop())), all);
}

task<std::string> overfill(io::event_loop* loop) {
    connection with{*loop};
    std::string all;
    for (int i = 0; i != 10; ++i) {
        co_await get_going(&with, &with.near);
        std::string first;
        task_scope scope;
        scope.spawn(ask_into(&with.near, {}, &first));
        co_await turns(loop, 2);
        with.say("a long message");
        co_await scope.join();
        all += first + "|" + co_await receive(&with.near) + " ";
    }
    co_return all;
}

TEST_P(standing_receive, gives_the_rest_of_a_message_to_the_next_receive) {
    std::string all;
    for (int i = 0; i != 10; ++i)
        all += "a long m|essage ";
    EXPECT_EQ(run(overfill(&loop())), all);
}

task<> stop_and_go_on(io::event_loop* loop, bool with_bytes) {
    connection with{*loop};
    const std::string cancelled = make_error_code(errc::cancelled).message();
    for (int i = 0; i != 10; ++i) {
        co_await get_going(&with, &with.near);
        stop_source source;
        std::string answer;
        task_scope scope;
        scope.spawn(ask_into(&with.near, source.token(), &answer));
        co_await turns(loop, 2);
        if (with_bytes)
            with.say("race");
        source.request_stop();
        co_await scope.join();
        // Either way, once.
        if (!with_bytes)
            EXPECT_EQ(answer, cancelled);
        else if (answer != "race") {
            EXPECT_EQ(answer, cancelled);
            EXPECT_EQ(co_await ask(&with.near), "race");
        }
    }
    co_await get_going(&with, &with.near);
}

TEST_P(standing_receive, is_armed_again_after_a_cancellation) {
    run(stop_and_go_on(&loop(), false));
}
TEST_P(standing_receive, loses_nothing_to_a_cancellation) {
    run(stop_and_go_on(&loop(), true));
}

task<> close_and_look(io::event_loop* loop) {
    for (int i = 0; i != 10; ++i) {
        connection with{*loop};
        co_await get_going(&with, &with.near);
        std::array<char, 16> questions;
        EXPECT_EQ(::recv(with.far.get(), questions.data(), questions.size(), 0), 5);
        with.near.close();
        // Without the loop's help: nobody else holds the connection.
        EXPECT_EQ(::recv(with.far.get(), questions.data(), 1, MSG_DONTWAIT), 0)
            << std::generic_category().message(errno);
    }
}

TEST_P(standing_receive, does_not_keep_a_closed_connection_open) {
    run(close_and_look(&loop()));
}

// As `ask`, with the send not awaited before.
task<std::string> ask_at_once(io::socket* near) {
    std::array<std::byte, buffer_size> buffer;
    auto sending = near->send(bytes_of("?"));
    sending.start();
    const result<std::size_t> size = co_await near->recv(buffer);
    static_cast<void>(co_await std::move(sending));
    co_return received(size, buffer);
}

// Both are there before it is armed.
task<> reset_behind_bytes(io::event_loop* loop) {
    for (int i = 0; i != 10; ++i) {
        connection with{*loop};
        for (int again = 0; again != 5; ++again) {
            with.say("word");
            const std::string answer = co_await receive(&with.near);
            EXPECT_EQ(answer, "word");
        }
        with.say("last");
        const linger at_once{1, 0};
        ::setsockopt(with.far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        with.far.reset();
        EXPECT_EQ(co_await ask_at_once(&with.near), "last");
        EXPECT_NE(co_await ask_at_once(&with.near), "last");
    }
}

TEST_P(standing_receive, sees_a_reset_behind_the_last_bytes) {
    run(reset_behind_bytes(&loop()));
}

task<> receive_into(io::socket* near, std::string* into) {
    *into = co_await receive(near);
}
task<> ask_at_once_into(io::socket* near, std::string* into) {
    *into = co_await ask_at_once(near);
}

// Five times the entries that a ring has.
constexpr std::size_t crowd_size = 40;

// So many receives in one turn, each of bytes that are there, that a ring of eight entries is
// entered on the way with its completions overflowing: it runs what is due, and the standing
// receive has ended, for want of a buffer, before the next receive hands one out and knows.
task<> crowd_around(io::event_loop* loop) {
    connection with{*loop};
    std::array<std::optional<connection>, crowd_size> others;
    for (std::optional<connection>& other : others)
        other.emplace(*loop);
    for (int i = 0; i != 10; ++i) {
        co_await get_going(&with, &with.near);
        std::array<std::string, crowd_size> words;
        std::string answer;
        task_scope scope;
        with.say("un");
        for (std::size_t at = 0; at != others.size(); ++at) {
            others[at]->say("word");
            scope.spawn(receive_into(&others[at]->near, &words[at]));
        }
        scope.spawn(ask_at_once_into(&with.near, &answer));
        co_await scope.join();
        EXPECT_EQ(answer, "un");
        EXPECT_THAT(words, testing::Each("word"));
        // A buffer too many would take this.
        with.say("asked");
        co_await turns(loop, 2);
        EXPECT_EQ(co_await ask(&with.near), "asked");
    }
}

TEST_P(standing_receive, hands_out_one_buffer_in_a_crowd) {
    run(crowd_around(&loop()));
}

// The next connection has the descriptor of the last one.
task<> end_and_reconnect(io::event_loop* loop) {
    for (int i = 0; i != 10; ++i) {
        connection with{*loop};
        co_await get_going(&with, &with.near);
        std::string answer = "late";
        task_scope scope;
        scope.spawn(ask_into(&with.near, {}, &answer));
        co_await turns(loop, 2);
        EXPECT_EQ(::shutdown(with.far.get(), SHUT_WR), 0);
        co_await scope.join();
        EXPECT_EQ(answer, "");
        EXPECT_EQ(co_await ask(&with.near), "");
    }
}

TEST_P(standing_receive, tells_the_end_of_each_stream) {
    run(end_and_reconnect(&loop()));
}

task<> alternate(io::event_loop* loop) {
    connection one{*loop};
    connection other{*loop};
    for (int i = 0; i != 20; ++i) {
        std::string first;
        std::string second;
        task_scope scope;
        scope.spawn(ask_into(&one.near, {}, &first));
        scope.spawn(ask_into(&other.near, {}, &second));
        co_await turns(loop, 2);
        other.say("second");
        if (i % 2 == 0)
            co_await turns(loop, 1);
        one.say("first");
        co_await scope.join();
        EXPECT_EQ(first, "first");
        EXPECT_EQ(second, "second");
    }
    one.near.close();
    co_await get_going(&other, &other.near);
}

TEST_P(standing_receive, takes_nothing_from_another_connection) {
    run(alternate(&loop()));
}

// A number of this process's ring, as the kernel tells it; there is one.
long ring_number(const std::string& name) {
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone; // the descriptor of this very listing
        const std::filesystem::path what = std::filesystem::read_symlink(entry.path(), gone);
        if (what != "anon_inode:[io_uring]")
            continue;
        std::ifstream info{"/proc/self/fdinfo/" + entry.path().filename().string()};
        for (std::string line; std::getline(info, line);) {
            if (line.starts_with(name + ":"))
                return std::stol(line.substr(name.size() + 1));
        }
    }
    return -1;
}

task<long> entries_of_20_turns(io::event_loop* loop) {
    connection with{*loop};
    co_await get_going(&with, &with.near);
    for (int i = 0; i != 5; ++i) { // falls, and stands up again
        with.say("unasked");
        co_await turns(loop, 2);
        EXPECT_EQ(co_await ask(&with.near), "unasked");
        co_await get_going(&with, &with.near);
    }
    const long before = ring_number("SqTail");
    for (int i = 0; i != 20; ++i) {
        with.say("word");
        EXPECT_EQ(co_await ask(&with.near), "word");
    }
    co_return ring_number("SqTail") - before;
}

TEST(standing_receive_of_the_ring, needs_no_entry_for_a_further_message) {
    auto loop = io::event_loop::create(io::backend_choice::uring);
    if (!loop)
        GTEST_SKIP() << "io_uring is refused here: " << loop.error().message();
    EXPECT_EQ((*loop)->run(entries_of_20_turns(loop->get())), 20); // the sends
}

} // namespace
