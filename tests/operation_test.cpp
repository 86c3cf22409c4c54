// SPDX-License-Identifier: Apache-2.0
#include <spry/io/operation.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/io/pipe.hpp>

#include "support/forked.hpp"
#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <type_traits>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;
using spry::tests::exit_code_of;

class operation : public spry::tests::on_every_backend {};
SPRY_ON_EVERY_BACKEND(operation);

// A script has streams, and no other descriptors.
class operation_on_a_pipe : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(operation_on_a_pipe);

static_assert(!std::is_copy_constructible_v<io::operation>);
static_assert(!std::is_move_constructible_v<io::io_awaiter<void>>, "the loop knows its address");

TEST(operation_value, is_nothing_a_number_or_a_descriptor) {
    EXPECT_TRUE(io::operation_value<void>(0).has_value());
    EXPECT_EQ(*io::operation_value<std::size_t>(17), 17u);
    std::array<int, 2> fds{};
    ASSERT_EQ(::pipe(fds.data()), 0);
    ::close(fds[1]);
    const result<io::unique_fd> owned = io::operation_value<io::unique_fd>(fds[0]);
    EXPECT_EQ(owned->get(), fds[0]);
}

TEST(operation_value, is_the_errno_or_a_granted_stop) {
    EXPECT_EQ(io::operation_value<void>(-EPIPE).error(), std::errc::broken_pipe);
    EXPECT_EQ(io::operation_value<std::size_t>(io::cancelled_outcome).error(), errc::cancelled);
}

task<> wait_for_completion(io::event_loop* loop, io::operation** into, stop_token stop,
                           std::string* log) {
    io::io_awaiter<std::size_t> completed{*loop, io::opcode::resume, stop};
    *into = &completed.record();
    const result<std::size_t> outcome = co_await std::move(completed);
    log->append(outcome ? std::to_string(*outcome) : outcome.error().message());
}

task<std::string> complete_by_hand(io::event_loop* loop) {
    std::string log;
    io::operation* record = nullptr;
    task_scope scope;
    scope.spawn(wait_for_completion(loop, &record, {}, &log));
    loop->complete(*record, 5);
    log += "completed ";
    co_await scope.join();
    co_return log;
}

TEST_P(operation, resumes_its_waiter_from_the_loop_and_not_from_its_completion) {
    EXPECT_EQ(run(complete_by_hand(&loop())), "completed 5");
}

task<std::string> stop_behind_completion(io::event_loop* loop) {
    std::string log;
    io::operation* record = nullptr;
    stop_source stop;
    task_scope scope;
    scope.spawn(wait_for_completion(loop, &record, stop.token(), &log));
    loop->complete(*record, 5);
    stop.request_stop();
    co_await scope.join();
    co_return log;
}

TEST_P(operation, keeps_an_outcome_that_came_before_the_stop) {
    EXPECT_EQ(run(stop_behind_completion(&loop())), "5");
}

task<std::string> stop_pending(io::event_loop* loop) {
    std::string log;
    io::operation* record = nullptr;
    stop_source stop;
    task_scope scope;
    scope.spawn(wait_for_completion(loop, &record, stop.token(), &log));
    stop.request_stop();
    log += "stopped ";
    co_await scope.join();
    co_return log;
}

TEST_P(operation, is_cancelled_by_a_stop_but_not_resumed_by_it) {
    EXPECT_EQ(run(stop_pending(&loop())), "stopped cancelled");
}

task<std::string> stop_when_complete(io::event_loop* loop) {
    stop_source stop;
    io::io_awaiter<void> slept{*loop, io::opcode::sleep, stop.token()};
    slept.record().deadline = loop->now() + std::chrono::milliseconds{1};
    slept.start();
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{2}));
    const bool complete = slept.record().state == io::operation::progress::complete;
    stop.request_stop();
    const result<> outcome = co_await std::move(slept);
    std::string log = complete ? "complete, " : "not complete, ";
    log += outcome ? "slept" : outcome.error().message();
    co_return log;
}

TEST_P(operation, completes_before_it_is_awaited_and_ignores_a_later_stop) {
    EXPECT_EQ(run(stop_when_complete(&loop())), "complete, slept");
}

task<std::string> read_in_two_ways(io::event_loop* loop) {
    io::pipe_ends pipe = io::make_pipe(*loop).value();
    static_cast<void>(::write(pipe.writer.get(), "x", 1));
    std::array<std::byte, 8> buffer;
    auto reading = pipe.reader.read(buffer);
    reading.start();
    const bool at_once = reading.record().state == io::operation::progress::complete;
    const result<std::size_t> size = co_await std::move(reading);
    co_return (at_once ? "at once " : "later ") + std::to_string(size.value_or(0));
}

TEST_P(operation_on_a_pipe, may_complete_as_it_is_started) {
    EXPECT_EQ(run(read_in_two_ways(&loop())), "at once 1");
}

task<> wait_until_readable(io::event_loop* loop, int fd, stop_token stop, std::string* log) {
    io::io_awaiter<void> readable{*loop, io::opcode::readable, stop};
    readable.record().fd = fd;
    const result<> outcome = co_await std::move(readable);
    log->append(outcome ? "readable " : outcome.error().message() + " ");
}

task<std::string> wait_twice(io::event_loop* loop) {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0)
        co_return "no pipe";
    io::unique_fd reader{fds[0]};
    const io::unique_fd writer{fds[1]};
    std::string log;
    stop_source stop;
    {
        task_scope scope;
        scope.spawn(wait_until_readable(loop, reader.get(), stop.token(), &log));
        stop.request_stop();
        co_await scope.join();
    }
    {
        task_scope scope;
        scope.spawn(wait_until_readable(loop, reader.get(), {}, &log));
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
        static_cast<void>(::write(writer.get(), "x", 1));
        co_await scope.join();
    }
    co_await wait_until_readable(loop, reader.get(), {}, &log);
    loop->close(reader);
    co_return log;
}

TEST_P(operation_on_a_pipe, waits_for_a_descriptor_to_become_readable_and_reads_nothing) {
    EXPECT_EQ(run(wait_twice(&loop())), "cancelled readable readable ");
}

task<std::size_t> write_to_a_full_pipe(io::event_loop* loop) {
    io::pipe_ends pipe = io::make_pipe(*loop).value();
    ::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK);
    const std::vector<std::byte> bytes(1'000'000, std::byte{'x'});
    io::io_awaiter<std::size_t> written{*loop, io::opcode::write, {}};
    written.record().fd = pipe.writer.get();
    written.record().parts[0] = bytes;
    written.start();
    std::array<std::byte, 65'536> buffer;
    std::size_t read = 0;
    while (read < bytes.size()) {
        const result<std::size_t> size = co_await pipe.reader.read(buffer);
        read += size.value_or(bytes.size());
    }
    const result<std::size_t> outcome = co_await std::move(written);
    loop->close(pipe.writer);
    co_return outcome.value_or(0) + read;
}

TEST_P(operation_on_a_pipe, writes_all_of_its_bytes_as_there_is_room) {
    EXPECT_EQ(run(write_to_a_full_pipe(&loop())), 2'000'000u);
}

task<std::string> wait_on(io::event_loop* loop, int fd) {
    std::string log;
    co_await wait_until_readable(loop, fd, {}, &log);
    co_return log;
}

TEST_P(operation, fails_where_there_is_no_descriptor) {
    EXPECT_EQ(run(wait_on(&loop(), -1)), "Bad file descriptor ");
}

task<std::string> wait_on_two(io::event_loop* loop, int one, int other) {
    std::string log;
    task_scope scope;
    scope.spawn(wait_until_readable(loop, one, {}, &log));
    scope.spawn(wait_until_readable(loop, other, {}, &log));
    co_await scope.join();
    co_return log;
}

// In a process of its own, since the limit stays.
int wait_without_a_descriptor_left(io::event_loop* loop) {
    std::array<int, 2> fds{};
    if (::pipe(fds.data()) != 0)
        return 2;
    const rlimit as_now{static_cast<rlim_t>(fds[1] + 1), static_cast<rlim_t>(fds[1] + 1)};
    if (::setrlimit(RLIMIT_NOFILE, &as_now) != 0)
        return 3;
    const std::string log = loop->run(wait_on_two(loop, fds[0], fds[0]));
    const std::string full = std::make_error_code(std::errc::too_many_files_open).message() + " ";
    return log == full + full ? 0 : 1;
}

// A ring watches without one.
class operation_on_epoll : public spry::tests::on_every_backend {};
INSTANTIATE_TEST_SUITE_P(backends, operation_on_epoll,
                         testing::Values(spry::tests::backends[0], spry::tests::backends[1]),
                         spry::tests::backend_name);

TEST_P(operation_on_epoll, fails_where_the_kernel_has_no_descriptor_left_to_watch_with) {
    EXPECT_EQ(
        exit_code_of([this] { return wait_without_a_descriptor_left(loop_of_this_process()); }), 0);
}

} // namespace
