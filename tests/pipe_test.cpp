// SPDX-License-Identifier: Apache-2.0
#include <spry/io/pipe.hpp>

#include <spry/core/task_scope.hpp>

#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;

class pipe : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(pipe);

bool write_all(const io::unique_fd& to, std::string_view text) {
    return ::write(to.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

task<std::string> read_text(io::pipe_reader* from, stop_token stop = {}) {
    std::array<std::byte, 64> buffer;
    const result<std::size_t> size = co_await from->read(buffer, stop);
    if (!size)
        co_return "(" + size.error().message() + ")";
    co_return std::string{reinterpret_cast<const char*>(buffer.data()), *size};
}

task<> store_text(io::pipe_reader* from, stop_token stop, std::string* into) {
    *into = co_await read_text(from, stop);
}

task<std::string> read_to_the_end(io::event_loop* loop) {
    io::pipe_ends ends = io::make_pipe(*loop).value();
    std::string seen;
    for (const char* line : {"one ", "two "}) {
        write_all(ends.writer, line);
        const std::string text = co_await read_text(&ends.reader);
        seen += text;
    }
    write_all(ends.writer, "last");
    ends.writer.reset();
    const std::string last = co_await read_text(&ends.reader);
    seen += last;
    for (int again = 0; again < 2; ++again) {
        const std::string rest = co_await read_text(&ends.reader);
        seen += "[" + rest + "]";
    }
    co_return seen;
}

TEST_P(pipe, yields_what_was_written_and_then_the_end) {
    EXPECT_EQ(run(read_to_the_end(&loop())), "one two last[][]");
}

task<std::string> end_while_waiting(io::event_loop* loop) {
    io::pipe_ends ends = io::make_pipe(*loop).value();
    std::string seen = "nothing";
    task_scope scope;
    scope.spawn(store_text(&ends.reader, {}, &seen));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    ends.writer.reset();
    co_await scope.join();
    co_return "[" + seen + "]";
}

TEST_P(pipe, sees_its_last_writer_close_while_it_waits) {
    EXPECT_EQ(run(end_while_waiting(&loop())), "[]");
}

task<std::string> read_two_beside(io::event_loop* loop) {
    io::pipe_ends one = io::make_pipe(*loop).value();
    io::pipe_ends other = io::make_pipe(*loop).value();
    std::string seen;
    for (int round = 0; round < 3; ++round) {
        std::string first;
        std::string second;
        task_scope scope;
        scope.spawn(store_text(&one.reader, {}, &first));
        scope.spawn(store_text(&other.reader, {}, &second));
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
        write_all(other.writer, "b");
        write_all(one.writer, "a");
        co_await scope.join();
        seen += first + second;
    }
    co_return seen;
}

TEST_P(pipe, is_read_beside_another) {
    EXPECT_EQ(run(read_two_beside(&loop())), "ababab");
}

task<std::string> cancel_read(io::event_loop* loop) {
    io::pipe_ends ends = io::make_pipe(*loop).value();
    stop_source stop;
    std::string seen;
    task_scope scope;
    scope.spawn(store_text(&ends.reader, stop.token(), &seen));
    stop.request_stop();
    co_await scope.join();
    write_all(ends.writer, "kept");
    const std::string text = co_await read_text(&ends.reader);
    co_return seen + text;
}

TEST_P(pipe, cancels_a_pending_read_and_stays_usable) {
    EXPECT_EQ(run(cancel_read(&loop())), "(cancelled)kept");
}

std::string try_text(io::pipe_reader& from) {
    std::array<std::byte, 3> buffer;
    const result<std::size_t> size = from.try_read(buffer);
    if (!size)
        return size.error() == std::errc::operation_would_block ? "(empty)" : "(error)";
    return "[" + std::string{reinterpret_cast<const char*>(buffer.data()), *size} + "]";
}

TEST_P(pipe, is_read_without_suspending) {
    io::pipe_ends ends = io::make_pipe(loop()).value();
    std::string seen = try_text(ends.reader);
    write_all(ends.writer, "abcd");
    seen += try_text(ends.reader);
    seen += try_text(ends.reader);
    seen += try_text(ends.reader);
    ends.writer.reset();
    seen += try_text(ends.reader);
    EXPECT_EQ(seen, "(empty)[abc][d](empty)[]");
}

task<std::string> empty_under_a_pending_read(io::event_loop* loop) {
    io::pipe_ends ends = io::make_pipe(*loop).value();
    std::string seen;
    std::string read = "nothing";
    task_scope scope;
    scope.spawn(store_text(&ends.reader, {}, &read));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    write_all(ends.writer, "ab");
    seen += try_text(ends.reader);
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    seen += read;
    write_all(ends.writer, "cd");
    co_await scope.join();
    co_return seen + "|" + read;
}

TEST_P(pipe, can_be_emptied_while_a_read_is_pending) {
    EXPECT_EQ(run(empty_under_a_pending_read(&loop())), "[ab]nothing|cd");
}

TEST_P(pipe, closes_on_exec_and_blocks_only_its_writer) {
    const io::pipe_ends ends = io::make_pipe(loop()).value();
    EXPECT_NE(::fcntl(ends.writer.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(::fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_P(pipe, closes_what_it_held_when_another_is_moved_in) {
    io::pipe_ends one = io::make_pipe(loop()).value();
    io::pipe_ends other = io::make_pipe(loop()).value();
    one.reader = std::move(other.reader);
    write_all(other.writer, "abc");
    EXPECT_EQ(try_text(one.reader), "[abc]");
    one.reader.close();
    EXPECT_EQ(try_text(one.reader), "(error)");
}

} // namespace
