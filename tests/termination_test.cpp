// SPDX-License-Identifier: Apache-2.0
// Every test in a process of its own: the request to terminate stays for good.
#include <spry/io/termination.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/io/socket.hpp>

#include "support/bytes.hpp"
#include "support/forked.hpp"
#include "support/on_every_backend.hpp"
#include "support/socket_pair.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::result;
using spry::task;
using spry::tests::bytes_of;
using spry::tests::connect_fds;
using spry::tests::exit_code_of;
using spry::tests::fd_pair;
using spry::tests::text_of;

class termination : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(termination);

task<std::string> receive_text(io::socket* from) {
    std::array<std::byte, 64> buffer;
    const result<std::size_t> size = co_await from->recv(buffer);
    if (!size)
        co_return "(" + size.error().message() + ")";
    co_return "[" + text_of(std::span{buffer}.first(*size)) + "]";
}

// A request and the wait for its answer, as a function idles: the receive is behind a send.
task<std::string> idle(io::socket* at) {
    static_cast<void>(co_await at->send(bytes_of("next")));
    const std::string answer = co_await receive_text(at);
    co_return answer;
}

constexpr int as_expected = 7;
constexpr int otherwise = 8;

int judge(bool good) {
    return good ? as_expected : otherwise;
}

void terminate_in_a_moment() {
    ::signal(SIGALRM, [](int) { ::kill(::getpid(), SIGTERM); });
    itimerval timer{};
    timer.it_value.tv_usec = 20'000;
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

int cut_a_blocked_receive(io::event_loop* loop) {
    io::termination::install();
    fd_pair fds = connect_fds();
    io::socket near{*loop, std::move(fds.near)};
    io::termination::idle_on(near.fd());
    terminate_in_a_moment();
    const std::string answer = loop->run(idle(&near));
    return judge(answer == "[]" && io::termination::requested());
}

TEST_P(termination, cuts_a_receive_that_is_blocked) {
    EXPECT_EQ(exit_code_of([this] { return cut_a_blocked_receive(loop_of_this_process()); }),
              as_expected);
}

// SIGTERM taken by another thread: the receive is not interrupted, only its socket is shut down.
int cut_from_another_thread(io::event_loop* loop) {
    io::termination::install();
    fd_pair fds = connect_fds();
    io::socket near{*loop, std::move(fds.near)};
    io::termination::idle_on(near.fd());
    std::thread other{[] {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        ::raise(SIGTERM);
    }};
    const std::string answer = loop->run(idle(&near));
    other.join();
    return judge(answer == "[]" && io::termination::requested());
}

TEST_P(termination, cuts_a_receive_when_another_thread_takes_the_signal) {
    EXPECT_EQ(exit_code_of([this] { return cut_from_another_thread(loop_of_this_process()); }),
              as_expected);
}

int cut_before_the_receive(io::event_loop* loop) {
    io::termination::install();
    fd_pair fds = connect_fds();
    io::socket near{*loop, std::move(fds.near)};
    io::termination::idle_on(near.fd());
    ::raise(SIGTERM);
    return judge(loop->run(idle(&near)) == "[]" && io::termination::requested());
}

TEST_P(termination, cuts_a_receive_that_starts_after_the_signal) {
    EXPECT_EQ(exit_code_of([this] { return cut_before_the_receive(loop_of_this_process()); }),
              as_expected);
}

int cut_before_idling(io::event_loop* loop) {
    io::termination::install();
    fd_pair fds = connect_fds();
    io::socket near{*loop, std::move(fds.near)};
    ::raise(SIGTERM);
    io::termination::idle_on(near.fd());
    return judge(loop->run(idle(&near)) == "[]" && io::termination::requested());
}

TEST_P(termination, cuts_a_socket_that_idles_only_after_the_signal) {
    EXPECT_EQ(exit_code_of([this] { return cut_before_idling(loop_of_this_process()); }),
              as_expected);
}

int keep_what_has_come(io::event_loop* loop) {
    io::termination::install();
    fd_pair fds = connect_fds();
    io::socket near{*loop, std::move(fds.near)};
    io::socket far{*loop, std::move(fds.far)};
    io::termination::idle_on(near.fd());
    static_cast<void>(::send(far.fd(), "event", 5, 0));
    ::raise(SIGTERM);
    const std::string event = loop->run(idle(&near));
    io::termination::leave_idle();
    const std::string end = loop->run(idle(&near));
    return judge(event == "[event]" && end == "[]");
}

TEST_P(termination, loses_no_event_that_came_before_the_signal) {
    EXPECT_EQ(exit_code_of([this] { return keep_what_has_come(loop_of_this_process()); }),
              as_expected);
}

int leave_a_busy_socket_alone(io::event_loop* loop) {
    io::termination::install();
    fd_pair fds = connect_fds();
    io::socket near{*loop, std::move(fds.near)};
    io::socket far{*loop, std::move(fds.far)};
    io::termination::idle_on(near.fd());
    io::termination::leave_idle();
    ::raise(SIGTERM);
    static_cast<void>(::send(far.fd(), "answer", 6, 0));
    const std::string answer = loop->run(idle(&near));
    return judge(answer == "[answer]" && io::termination::requested());
}

TEST_P(termination, leaves_a_socket_alone_that_does_not_idle) {
    EXPECT_EQ(exit_code_of([this] { return leave_a_busy_socket_alone(loop_of_this_process()); }),
              as_expected);
}

TEST(termination_request, is_absent_before_the_signal_and_keeps_errno) {
    EXPECT_EQ(exit_code_of([] {
                  io::termination::install();
                  const bool before = io::termination::requested();
                  io::termination::idle_on(9999); // no descriptor: shutdown will fail
                  errno = 77;
                  ::raise(SIGTERM);
                  return judge(!before && errno == 77 && io::termination::requested());
              }),
              as_expected);
}

} // namespace
