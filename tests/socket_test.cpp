// SPDX-License-Identifier: Apache-2.0
#include <spry/io/socket.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/io/listener.hpp>

#include "support/bytes.hpp"
#include "support/on_every_backend.hpp"
#include "support/socket_pair.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
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
using spry::tests::connect_pair;
using spry::tests::fd_pair;
using spry::tests::pattern;
using spry::tests::socket_pair;
using spry::tests::text_of;

class socket : public spry::tests::on_every_backend {};
SPRY_ON_EVERY_BACKEND(socket);

// With a peer that knows no loop, and what only a full kernel queue does.
class socket_of_the_kernel : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(socket_of_the_kernel);

constexpr std::size_t large = 8 * 1024 * 1024;

task<std::string> receive_text(io::socket* from, stop_token stop = {}) {
    std::array<std::byte, 256> buffer;
    const result<std::size_t> size = co_await from->recv(buffer, stop);
    if (!size)
        co_return size.error().message();
    co_return text_of(std::span{buffer}.first(*size));
}

task<std::error_code> receive_error(io::socket* from, stop_token stop = {}) {
    std::array<std::byte, 256> buffer;
    const result<std::size_t> size = co_await from->recv(buffer, stop);
    co_return size ? std::error_code{} : size.error();
}

task<> store_text(io::socket* from, std::string* into) {
    *into = co_await receive_text(from);
}

task<> store_error(io::socket* from, stop_token stop, std::error_code* into) {
    *into = co_await receive_error(from, stop);
}

task<std::size_t> send_text(io::socket* to, std::string text) {
    const result<std::size_t> sent = co_await to->send(bytes_of(text));
    co_return sent.value_or(0);
}

task<std::string> ping_pong(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::string seen;
    for (const char* word : {"one", "two", "three"}) {
        const std::size_t there = co_await send_text(&pair.near, word);
        const std::string request = co_await receive_text(&pair.far);
        const std::size_t back = co_await send_text(&pair.far, request + "!");
        const std::string answer = co_await receive_text(&pair.near);
        seen += answer + std::to_string(there) + std::to_string(back) + " ";
    }
    co_return seen;
}

TEST_P(socket, sends_and_receives) {
    EXPECT_EQ(run(ping_pong(&loop())), "one!34 two!34 three!56 ");
}

task<> send_all(io::socket* to, std::span<const std::byte> bytes, std::size_t* sent) {
    const result<std::size_t> outcome = co_await to->send(bytes);
    *sent = outcome.value_or(0);
}

task<bool> carry_between_coroutines(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const std::vector<std::byte> bytes = pattern(large);
    std::vector<std::byte> received(large);
    std::size_t sent = 0;
    task_scope scope;
    scope.spawn(send_all(&pair.near, bytes, &sent));
    std::size_t size = 0;
    while (size < large) {
        const result<std::size_t> some = co_await pair.far.recv(std::span{received}.subspan(size));
        if (!some || *some == 0)
            break;
        size += *some;
    }
    co_await scope.join();
    co_return sent == large&& received == bytes;
}

TEST_P(socket, carries_8_MiB_between_two_coroutines) {
    EXPECT_TRUE(run(carry_between_coroutines(&loop())));
}

task<bool> carry_all_at_once(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const std::vector<std::byte> bytes = pattern(large);
    std::vector<std::byte> received(large);
    std::size_t sent = 0;
    task_scope scope;
    scope.spawn(send_all(&pair.near, bytes, &sent));
    const result<std::size_t> size = co_await pair.far.recv_all(received);
    co_await scope.join();
    co_return sent == large&& size.value_or(0) == large&& received == bytes;
}

TEST_P(socket, receives_8_MiB_with_one_recv_all) {
    EXPECT_TRUE(run(carry_all_at_once(&loop())));
}

// A peer that blocks in a thread: on the direct path the loop then blocks in its calls too.
void echo_all(int fd, std::size_t size) {
    std::vector<std::byte> bytes(size);
    if (::recv(fd, bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size))
        static_cast<void>(::send(fd, bytes.data(), size, MSG_NOSIGNAL));
}

task<bool> carry_there_and_back(io::event_loop* loop, fd_pair* fds) {
    io::socket near{*loop, std::move(fds->near)};
    const std::vector<std::byte> bytes = pattern(large);
    std::vector<std::byte> received(large);
    const result<std::size_t> sent = co_await near.send(bytes);
    const result<std::size_t> size = co_await near.recv_all(received);
    co_return sent.value_or(0) == large&& size.value_or(0) == large&& received == bytes;
}

TEST_P(socket_of_the_kernel, carries_8_MiB_to_a_blocking_peer_and_back) {
    fd_pair fds = connect_fds();
    std::thread peer{echo_all, fds.far.get(), large};
    EXPECT_TRUE(run(carry_there_and_back(&loop(), &fds)));
    peer.join();
}

task<std::string> fill_from_small_sends(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::array<std::byte, 6> buffer;
    auto filling = pair.far.recv_all(buffer);
    filling.start();
    for (const char* part : {"ab", "c", "def", "g"}) {
        static_cast<void>(co_await send_text(&pair.near, part));
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    }
    const result<std::size_t> size = co_await std::move(filling);
    const std::string rest = co_await receive_text(&pair.far);
    co_return text_of(std::span{buffer}.first(size.value_or(0))) + "|" + rest;
}

TEST_P(socket, recv_all_waits_until_the_buffer_is_full_and_takes_no_more) {
    EXPECT_EQ(run(fill_from_small_sends(&loop())), "abcdef|g");
}

task<std::string> fill_until_the_end(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::array<std::byte, 6> buffer;
    static_cast<void>(co_await send_text(&pair.near, "abc"));
    pair.near.shutdown_send();
    const result<std::size_t> size = co_await pair.far.recv_all(buffer);
    co_return text_of(std::span{buffer}.first(size.value_or(0)));
}

TEST_P(socket, recv_all_yields_less_where_the_stream_ends) {
    EXPECT_EQ(run(fill_until_the_end(&loop())), "abc");
}

task<std::string> receive_to_the_end(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    static_cast<void>(co_await send_text(&pair.near, "last"));
    pair.near.shutdown_send();
    std::string seen = co_await receive_text(&pair.far);
    for (int again = 0; again < 3; ++again) {
        // Behind a send of our own, where the end may have been announced with the last bytes.
        static_cast<void>(co_await send_text(&pair.far, "answer"));
        const std::string rest = co_await receive_text(&pair.far);
        seen += "[" + rest + "]";
    }
    co_return seen;
}

TEST_P(socket, yields_zero_bytes_at_the_end_of_the_stream_again_and_again) {
    EXPECT_EQ(run(receive_to_the_end(&loop())), "last[][][]");
}

task<std::string> end_while_waiting(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::string seen = "nothing";
    task_scope scope;
    scope.spawn(store_text(&pair.far, &seen));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    pair.near.close();
    co_await scope.join();
    co_return "[" + seen + "]";
}

TEST_P(socket, sees_the_end_of_the_stream_while_it_waits) {
    EXPECT_EQ(run(end_while_waiting(&loop())), "[]");
}

// Last bytes and end together, announced by one edge, while two receives are pending elsewhere.
task<std::string> last_bytes_and_end_by_one_edge(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    socket_pair other = co_await connect_pair(loop);
    std::string unrelated;
    std::string first = "nothing";
    task_scope scope;
    scope.spawn(store_text(&other.far, &unrelated));
    scope.spawn(store_text(&pair.far, &first));
    static_cast<void>(co_await send_text(&pair.near, "last"));
    pair.near.shutdown_send();
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    const std::string rest = co_await receive_text(&pair.far);
    static_cast<void>(co_await send_text(&pair.far, "answer"));
    const std::string behind_send = co_await receive_text(&pair.far);
    static_cast<void>(co_await send_text(&other.near, "go"));
    co_await scope.join();
    co_return first + "[" + rest + "][" + behind_send + "]" + unrelated;
}

TEST_P(socket, does_not_miss_an_end_that_was_announced_with_the_last_bytes) {
    EXPECT_EQ(run(last_bytes_and_end_by_one_edge(&loop())), "last[][]go");
}

void reset_on_close(const io::socket& peer) {
    const linger at_once{1, 0};
    ::setsockopt(peer.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

task<std::vector<std::error_code>> reset_while_waiting(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    reset_on_close(pair.near);
    std::vector<std::error_code> errors(2);
    task_scope scope;
    scope.spawn(store_error(&pair.far, {}, &errors[0]));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    pair.near.close();
    co_await scope.join();
    const result<std::size_t> sent = co_await pair.far.send(bytes_of("too late"));
    if (!sent)
        errors[1] = sent.error();
    co_return errors;
}

TEST_P(socket, reports_a_reset_and_survives_a_send_behind_it) {
    const std::vector<std::error_code> errors = run(reset_while_waiting(&loop()));
    EXPECT_EQ(errors[0], std::errc::connection_reset);
    EXPECT_EQ(errors[1], std::errc::broken_pipe) << "as a value, not as SIGPIPE";
}

task<std::string> gather(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const result<std::size_t> sent =
        co_await pair.near.send(bytes_of("head "), bytes_of("body "), bytes_of("tail"));
    const std::string first = co_await receive_text(&pair.far);
    const result<std::size_t> gap = co_await pair.near.send(bytes_of("head"), {}, bytes_of("tail"));
    const std::string second = co_await receive_text(&pair.far);
    const result<std::size_t> nothing = co_await pair.near.send({});
    co_return std::to_string(*sent) + first + "|" + second + std::to_string(*gap) +
        std::to_string(*nothing);
}

TEST_P(socket, gathers_the_parts_of_a_send_in_order) {
    EXPECT_EQ(run(gather(&loop())), "14head body tail|headtail80");
}

task<> send_in_parts(io::socket* to, std::span<const std::byte> bytes, std::size_t* sent) {
    const std::size_t third = bytes.size() / 3;
    const result<std::size_t> outcome = co_await to->send(
        bytes.first(third), bytes.subspan(third, third), bytes.subspan(2 * third));
    *sent = outcome.value_or(0);
}

task<bool> gather_large_parts(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const std::vector<std::byte> bytes = pattern(large);
    std::vector<std::byte> received(large);
    std::size_t sent = 0;
    task_scope scope;
    scope.spawn(send_in_parts(&pair.near, bytes, &sent));
    const result<std::size_t> size = co_await pair.far.recv_all(received);
    co_await scope.join();
    co_return sent == large&& size.value_or(0) == large&& received == bytes;
}

TEST_P(socket, gathers_large_parts_that_the_kernel_takes_piece_by_piece) {
    EXPECT_TRUE(run(gather_large_parts(&loop())));
}

task<bool> start_and_await_later(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const std::vector<std::byte> bytes = pattern(large);
    std::vector<std::byte> received(large);
    auto sent = pair.near.send(bytes);
    sent.start();
    const result<std::size_t> size = co_await pair.far.recv_all(received);
    const result<std::size_t> outcome = co_await std::move(sent);
    co_return outcome.value_or(0) == large&& size.value_or(0) == large&& received == bytes;
}

TEST_P(socket, goes_on_with_a_send_that_was_started_and_is_awaited_later) {
    EXPECT_TRUE(run(start_and_await_later(&loop())));
}

task<std::string> start_small_and_await_later(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    auto sent = pair.near.send(bytes_of("started"));
    sent.start();
    const std::string seen = co_await receive_text(&pair.far);
    const result<std::size_t> outcome = co_await std::move(sent);
    co_return seen + std::to_string(outcome.value_or(0));
}

TEST_P(socket, has_sent_what_was_started_before_it_is_awaited) {
    EXPECT_EQ(run(start_small_and_await_later(&loop())), "started7");
}

// Unread bytes at a socket, once there are so many.
task<int> unread_bytes(io::socket* at, int wanted) {
    int unread = 0;
    for (int turn = 0; turn < 1000 && unread < wanted; ++turn) {
        static_cast<void>(co_await at->loop().sleep_for(std::chrono::milliseconds{1}));
        ::ioctl(at->fd(), FIONREAD, &unread);
    }
    co_return unread;
}

// `near` has asked, and sleeps through three bytes, which `far` sends.
task<> sleep_through_three(socket_pair* pair, task_scope* scope, std::string* seen) {
    static_cast<void>(co_await send_text(&pair->near, "?"));
    pair->near.sleep_through(3);
    scope->spawn(store_text(&pair->near, seen));
    static_cast<void>(co_await send_text(&pair->far, "abc"));
}

task<std::string> sleep_until_the_fourth_byte(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::string seen;
    task_scope scope;
    co_await sleep_through_three(&pair, &scope, &seen);
    const int unread = co_await unread_bytes(&pair.near, 3);
    const std::string early = std::to_string(unread) + seen;
    static_cast<void>(co_await send_text(&pair.far, "d"));
    co_await scope.join();
    // The one behind it wakes with the first byte.
    static_cast<void>(co_await send_text(&pair.near, "?"));
    std::string next;
    scope.spawn(store_text(&pair.near, &next));
    static_cast<void>(co_await send_text(&pair.far, "e"));
    co_await scope.join();
    co_return early + "|" + seen + "|" + next;
}

TEST_P(socket_of_the_kernel, sleeps_through_bytes_that_are_no_news) {
    EXPECT_EQ(run(sleep_until_the_fourth_byte(&loop())), "3|abcd|e");
}

task<std::string> sleep_into_the_end(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::string seen;
    task_scope scope;
    co_await sleep_through_three(&pair, &scope, &seen);
    pair.far.shutdown_send();
    co_await scope.join();
    co_return seen;
}

TEST_P(socket_of_the_kernel, is_woken_by_the_end_of_the_stream_whatever_it_sleeps_through) {
    EXPECT_EQ(run(sleep_into_the_end(&loop())), "abc");
}

task<std::string> cancel_recv(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    stop_source stop;
    std::error_code error;
    task_scope scope;
    scope.spawn(store_error(&pair.far, stop.token(), &error));
    stop.request_stop();
    co_await scope.join();
    static_cast<void>(co_await send_text(&pair.near, "still connected"));
    const std::string seen = co_await receive_text(&pair.far);
    co_return error.message() + ", " + seen;
}

TEST_P(socket, cancels_a_pending_recv_and_stays_usable) {
    EXPECT_EQ(run(cancel_recv(&loop())), "cancelled, still connected");
}

task<std::string> cancel_queued_recv(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    socket_pair other = co_await connect_pair(loop);
    stop_source stop;
    std::error_code error;
    std::string unrelated;
    task_scope scope;
    scope.spawn(store_error(&pair.far, stop.token(), &error));
    scope.spawn(store_text(&other.far, &unrelated));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    static_cast<void>(co_await send_text(&other.near, "other"));
    stop.request_stop();
    co_await scope.join();
    co_return error.message() + ", " + unrelated;
}

TEST_P(socket, cancels_one_of_two_pending_recvs) {
    EXPECT_EQ(run(cancel_queued_recv(&loop())), "cancelled, other");
}

task<std::string> cancel_recv_that_has_data(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    stop_source stop;
    std::error_code error;
    task_scope scope;
    scope.spawn(store_error(&pair.far, stop.token(), &error));
    static_cast<void>(co_await send_text(&pair.near, "kept"));
    stop.request_stop();
    co_await scope.join();
    const std::string seen = co_await receive_text(&pair.far);
    co_return error.message() + ", " + seen;
}

TEST_P(socket, loses_no_bytes_when_a_recv_is_cancelled_as_they_come) {
    EXPECT_EQ(run(cancel_recv_that_has_data(&loop())), "cancelled, kept");
}

task<std::string> stop_before_start(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    stop_source stop;
    stop.request_stop();
    static_cast<void>(co_await send_text(&pair.near, "kept"));
    const std::error_code error = co_await receive_error(&pair.far, stop.token());
    const std::string seen = co_await receive_text(&pair.far);
    co_return error.message() + ", " + seen;
}

TEST_P(socket, does_not_start_what_was_stopped_before) {
    EXPECT_EQ(run(stop_before_start(&loop())), "cancelled, kept");
}

task<> store_sent(io::socket* to, std::span<const std::byte> bytes, stop_token stop,
                  std::error_code* into) {
    const result<std::size_t> sent = co_await to->send(bytes, {}, {}, stop);
    if (!sent)
        *into = sent.error();
}

task<std::error_code> cancel_send(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const std::vector<std::byte> bytes = pattern(4 * large);
    stop_source stop;
    std::error_code error;
    task_scope scope;
    scope.spawn(store_sent(&pair.near, bytes, stop.token(), &error));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    stop.request_stop();
    co_await scope.join();
    co_return error;
}

TEST_P(socket, cancels_a_send_that_the_peer_does_not_take) {
    EXPECT_EQ(run(cancel_send(&loop())), errc::cancelled);
}

// Sends one byte more than the kernel takes; what has arrived is `arrived`.
struct full_socket {
    socket_pair pair;
    std::size_t filled = 0;
    std::size_t sent = 0;
    std::size_t arrived = 0;

    explicit full_socket(socket_pair ends) : pair(std::move(ends)) {
        const std::vector<std::byte> bytes(64 * 1024);
        while (true) {
            const ssize_t count =
                ::send(pair.near.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0)
                break;
            filled += static_cast<std::size_t>(count);
        }
    }
};

task<> send_one_byte(full_socket* to) {
    to->sent = co_await send_text(&to->pair.near, "x");
}

task<> drain(full_socket* of) {
    std::vector<std::byte> bytes(64 * 1024);
    while (of->arrived != of->filled + 1) {
        const result<std::size_t> size = co_await of->pair.far.recv(bytes);
        if (size.value_or(0) == 0)
            co_return;
        of->arrived += *size;
    }
}

task<> send_on_full_sockets(io::event_loop* loop, std::vector<std::unique_ptr<full_socket>>* all) {
    // Not of TCP, whose windows may still grow when a socket has been found full.
    for (std::unique_ptr<full_socket>& each : *all) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
        const int small = 1;
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        each = std::make_unique<full_socket>(
            socket_pair{{*loop, io::unique_fd{ends[0]}}, {*loop, io::unique_fd{ends[1]}}});
    }
    task_scope scope;
    for (const std::unique_ptr<full_socket>& each : *all)
        scope.spawn(send_one_byte(each.get()));
    // Whoever counts a send among those that have succeeded has done so by now.
    for (int turns = 0; turns != 10; ++turns)
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    for (const std::unique_ptr<full_socket>& each : *all)
        EXPECT_EQ(each->sent, 0U);
    for (const std::unique_ptr<full_socket>& each : *all)
        scope.spawn(drain(each.get()));
    co_await scope.join();
}

// More than a ring has room for completions.
TEST_P(socket_of_the_kernel, sends_on_many_full_sockets_at_once) {
    std::vector<std::unique_ptr<full_socket>> all(100);
    run(send_on_full_sockets(&loop(), &all));
    for (const std::unique_ptr<full_socket>& each : all) {
        EXPECT_EQ(each->sent, 1U);
        EXPECT_EQ(each->arrived, each->filled + 1);
    }
}

task<std::string> receive_with_a_timer_armed(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    stop_source stop;
    auto far_away = loop->sleep_for(std::chrono::hours{1}, stop.token());
    far_away.start();
    std::string seen;
    task_scope scope;
    for (int round = 0; round < 3; ++round) {
        scope.spawn(store_text(&pair.far, &seen));
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
        static_cast<void>(co_await send_text(&pair.near, std::to_string(round)));
        co_await scope.join();
    }
    stop.request_stop();
    const result<> slept = co_await std::move(far_away);
    co_return seen + slept.error().message();
}

TEST_P(socket, receives_while_a_timer_is_armed) {
    EXPECT_EQ(run(receive_with_a_timer_armed(&loop())), "2cancelled");
}

task<std::vector<std::error_code>> operate_on_closed(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    static_cast<void>(co_await send_text(&pair.near, "sent"));
    pair.near.close();
    std::vector<std::error_code> errors;
    std::array<std::byte, 8> buffer;
    const result<std::size_t> behind_send = co_await pair.near.recv(buffer);
    errors.push_back(behind_send.error());
    const result<std::size_t> all = co_await pair.near.recv_all(buffer);
    errors.push_back(all.error());
    const result<std::size_t> sent = co_await pair.near.send(bytes_of("x"));
    errors.push_back(sent.error());
    co_return errors;
}

TEST_P(socket, fails_on_a_closed_descriptor) {
    for (const std::error_code& error : run(operate_on_closed(&loop())))
        EXPECT_EQ(error, std::errc::bad_file_descriptor);
}

task<std::string> shut_down_while_waiting(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::string seen = "nothing";
    task_scope scope;
    scope.spawn(store_text(&pair.near, &seen));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    pair.near.shutdown_both();
    co_await scope.join();
    const std::string at_peer = co_await receive_text(&pair.far);
    co_return "[" + seen + "][" + at_peer + "]";
}

TEST_P(socket, ends_its_own_pending_recv_by_shutdown) {
    EXPECT_EQ(run(shut_down_while_waiting(&loop())), "[][]");
}

// Both ends with the loop's backend watching them, which is what must be forgotten at the close.
task<std::string> exchange_while_watched(io::event_loop* loop, int* near_fd) {
    socket_pair pair = co_await connect_pair(loop);
    *near_fd = pair.near.fd();
    std::string at_near;
    std::string at_far;
    task_scope scope;
    scope.spawn(store_text(&pair.near, &at_near));
    scope.spawn(store_text(&pair.far, &at_far));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    static_cast<void>(co_await send_text(&pair.near, "a"));
    static_cast<void>(co_await send_text(&pair.far, "b"));
    co_await scope.join();
    pair.near.shutdown_send();
    co_return at_near + at_far;
}

TEST_P(socket, starts_afresh_when_a_descriptor_number_comes_back) {
    int first_fd = -1;
    run(exchange_while_watched(&loop(), &first_fd)); // makes the backend's own descriptor
    EXPECT_EQ(run(exchange_while_watched(&loop(), &first_fd)), "ba");
    for (int round = 0; round < 3; ++round) {
        int fd = -1;
        EXPECT_EQ(run(exchange_while_watched(&loop(), &fd)), "ba");
        EXPECT_EQ(fd, first_fd) << "the number did not come back: nothing was tested";
    }
}

task<std::string> move_between(io::event_loop* loop) {
    socket_pair one = co_await connect_pair(loop);
    socket_pair two = co_await connect_pair(loop);
    one.near = std::move(two.near);
    const std::string end = co_await receive_text(&one.far);
    static_cast<void>(co_await send_text(&one.near, "moved"));
    const std::string seen = co_await receive_text(&two.far);
    const bool emptied = !two.near.is_open();
    co_return "[" + end + "]" + seen + (emptied ? "" : " still open");
}

TEST_P(socket, closes_what_it_held_when_another_is_moved_in) {
    EXPECT_EQ(run(move_between(&loop())), "[]moved");
}

task<std::string> connect_on_the_loop(io::event_loop* loop) {
    io::listener listening = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    result<io::socket> near = co_await io::socket::connect(*loop, listening.local_address());
    result<io::unique_fd> accepted = co_await listening.accept();
    io::socket far{*loop, std::move(accepted).value()};
    static_cast<void>(co_await send_text(&*near, "connected"));
    std::string seen = co_await receive_text(&far);
    const int flags = ::fcntl(near->fd(), F_GETFL);
    co_return seen + ((flags & O_NONBLOCK) != 0 ? ", but not blocking" : "");
}

TEST_P(socket, connects_on_the_loop_and_is_blocking_afterwards) {
    EXPECT_EQ(run(connect_on_the_loop(&loop())), "connected");
}

io::address free_address(io::event_loop& loop) {
    const io::listener taken = io::listener::bind(loop, io::address::loopback_v4(0)).value();
    return taken.local_address();
}

task<std::error_code> connect_error(io::event_loop* loop, io::address to, stop_token stop = {}) {
    const result<io::socket> connected = co_await io::socket::connect(*loop, to, stop);
    co_return connected ? std::error_code{} : connected.error();
}

TEST_P(socket, reports_a_refused_connection) {
    const io::address nobody = free_address(loop());
    EXPECT_EQ(run(connect_error(&loop(), nobody)), std::errc::connection_refused);
    const result<io::socket> blocking = io::socket::connect_blocking(loop(), nobody);
    ASSERT_FALSE(blocking.has_value());
    EXPECT_EQ(blocking.error(), std::errc::connection_refused);
}

// A listener whose queue is full: the kernel drops further connection requests, and a connect
// waits.
struct full_listener {
    full_listener() : listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const io::address any = io::address::loopback_v4(0);
        sockaddr_storage local{};
        socklen_t size = sizeof local;
        ::bind(listening.get(), any.data(), any.size());
        ::listen(listening.get(), 0);
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&local), &size);
        at = io::address::from_kernel(reinterpret_cast<sockaddr*>(&local), size);
        for (io::unique_fd& each : waiting) {
            each.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(each.get(), at.data(), at.size());
        }
    }
    io::unique_fd listening;
    std::array<io::unique_fd, 4> waiting;
    io::address at;
};

task<> store_connect_error(io::event_loop* loop, io::address to, stop_token stop,
                           std::error_code* into) {
    *into = co_await connect_error(loop, to, stop);
}

task<std::error_code> cancel_connect(io::event_loop* loop, io::address to) {
    stop_source stop;
    std::error_code error;
    task_scope scope;
    scope.spawn(store_connect_error(loop, to, stop.token(), &error));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{2}));
    stop.request_stop();
    co_await scope.join();
    co_return error;
}

TEST_P(socket_of_the_kernel, cancels_a_pending_connect) {
    const full_listener busy;
    EXPECT_EQ(run(cancel_connect(&loop(), busy.at)), errc::cancelled);
}

TEST_P(socket, does_not_delay_small_segments) {
    io::listener listening = io::listener::bind(loop(), io::address::loopback_v4(0)).value();
    const io::socket connected =
        io::socket::connect_blocking(loop(), listening.local_address()).value();
    int on = 0;
    socklen_t size = sizeof on;
    ::getsockopt(connected.fd(), IPPROTO_TCP, TCP_NODELAY, &on, &size);
    EXPECT_NE(on, 0);
}

task<> receive_forever(io::socket* from) {
    std::array<std::byte, 8> buffer;
    static_cast<void>(co_await from->recv(buffer));
}

void destroy_a_pending_recv(io::event_loop* loop) {
    socket_pair pair = loop->run(connect_pair(loop));
    task<> pending = receive_forever(&pair.near);
    pending.start();
}

void close_under_a_pending_recv(io::event_loop* loop) {
    socket_pair pair = loop->run(connect_pair(loop));
    task<> pending = receive_forever(&pair.near);
    pending.start();
    pair.near.close();
}

TEST_P(socket, dies_where_a_frame_with_a_pending_recv_is_destroyed) {
    EXPECT_DEATH(destroy_a_pending_recv(&loop()), "assertion failed: state == ");
}

TEST_P(socket, dies_where_a_descriptor_with_a_pending_recv_is_closed) {
    EXPECT_DEATH(close_under_a_pending_recv(&loop()), "assertion failed");
}

} // namespace
