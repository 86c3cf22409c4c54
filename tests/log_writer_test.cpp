// SPDX-License-Identifier: Apache-2.0
// A log's lines, and readers that are late, slow, gone, or never there.
#include <spry/emulator/log_writer.hpp>

#include <spry/io/unique_fd.hpp>

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace {

using spry::task;
using writer = spry::emulator::log_writer;
using spry::io::unique_fd;

constexpr int line_count = 3000;
constexpr std::size_t line_bytes = 1000;

std::string line(int number) {
    std::string text = std::to_string(number);
    text.resize(line_bytes - 1, ' ');
    return text + '\n';
}

class log_writer : public testing::Test {
public:
    log_writer() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        reading = unique_fd{ends[0]};
        writing = unique_fd{ends[1]};
        ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
    }

    // Runs the script with a writer to the pipe, or to `fd`, and ends the log behind it.
    using script = std::function<task<>(log_writer*, writer*)>;
    void run(const script& what, int fd = -1) {
        writer log{*loop, {fd < 0 ? writing.get() : fd}};
        loop->run(main(this, &what, &log));
    }

    // What the pipe has now.
    void read() {
        std::array<char, 65536> part;
        for (ssize_t got = 0; (got = ::read(reading.get(), part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(got));
    }

    static task<> write_lines(writer* log) {
        for (int i = 0; i != line_count; ++i)
            log->write(line(i));
        co_return;
    }
    // Turns of the loop, so that the backlog can be written.
    static task<> read_until(log_writer* self, std::string what) {
        while (self->text.find(what) == self->text.npos) {
            self->read();
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        }
    }

    std::unique_ptr<spry::io::event_loop> loop =
        *spry::io::event_loop::create(spry::io::backend_choice::automatic);
    unique_fd reading;
    unique_fd writing;
    std::string text;
    spry::stop_source at_once;
    spry::task_scope readers;

private:
    static task<> main(log_writer* self, const script* what, writer* log) {
        co_await (*what)(self, log);
        co_await log->finish(self->at_once.token());
        co_await self->readers.join();
    }
};

TEST_F(log_writer, writes_at_once_where_there_is_room) {
    run([](log_writer* self, writer* log) -> task<> {
        log->write("one\n");
        self->read();
        EXPECT_EQ(self->text, "one\n");
        log->write("two\nthree\n");
        self->read();
        EXPECT_EQ(self->text, "one\ntwo\nthree\n");
        co_return;
    });
}

TEST_F(log_writer, keeps_what_a_late_reader_has_not_taken) {
    run([](log_writer* self, writer* log) -> task<> {
        for (int i = 0; i != 500; ++i) // eight times what a pipe holds
            log->write(line(i));
        log->write("last\n");
        co_await read_until(self, "last\n");
    });
    std::string expected;
    for (int i = 0; i != 500; ++i)
        expected += line(i);
    EXPECT_EQ(text, expected + "last\n");
}

TEST_F(log_writer, says_in_one_line_how_many_lines_are_lost) {
    run([](log_writer* self, writer* log) -> task<> {
        co_await write_lines(log);
        co_await read_until(self, "are lost");
        co_await read_until(self, "in time\n");
        log->write("behind\n");
        co_await read_until(self, "behind\n");
    });
    // Those that are there are the first, whole and in their order.
    int count = 0;
    std::size_t at = 0;
    for (; text.compare(at, line_bytes, line(count)) == 0; at += line_bytes)
        ++count;
    EXPECT_GT(count, 1000);
    EXPECT_EQ(text.substr(at), "spry: " + std::to_string(line_count - count) +
                                   " lines of this log are lost, which nobody has read in "
                                   "time\nbehind\n");
}

TEST_F(log_writer, ends_where_nobody_reads) {
    run([](log_writer*, writer* log) { return write_lines(log); });
    read();
    EXPECT_EQ(text.compare(0, line_bytes, line(0)), 0);
    EXPECT_LE(text.size(), 64U * 1024U);
}

TEST_F(log_writer, ends_at_once_where_that_is_asked_for) {
    run([](log_writer* self, writer* log) -> task<> {
        co_await write_lines(log);
        self->at_once.request_stop();
    });
}

TEST_F(log_writer, gives_a_late_reader_the_rest_at_the_end) {
    run([](log_writer* self, writer* log) -> task<> {
        for (int i = 0; i != 100; ++i)
            log->write(line(i));
        log->write("last\n");
        self->readers.spawn(read_until(self, "last\n"));
        co_return;
    });
    EXPECT_EQ(text.size(), 100 * line_bytes + 5);
}

TEST_F(log_writer, parts_the_lines_of_a_record_on_a_terminal) {
    const unique_fd screen{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    ASSERT_TRUE(screen);
    ASSERT_EQ(::grantpt(screen.get()), 0);
    ASSERT_EQ(::unlockpt(screen.get()), 0);
    const unique_fd terminal{::open(::ptsname(screen.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    ASSERT_TRUE(terminal);
    const script write_record = [](log_writer*, writer* log) -> task<> {
        log->write("failed\rat 0x1\rat 0x2\n");
        co_return;
    };
    run(write_record, terminal.get());
    std::array<char, 100> shown{};
    const ssize_t size = ::read(screen.get(), shown.data(), shown.size());
    ASSERT_GT(size, 0);
    // A terminal puts a carriage return in front of each line feed.
    EXPECT_EQ(std::string_view(shown.data(), static_cast<std::size_t>(size)),
              "failed\r\nat 0x1\r\nat 0x2\r\n");

    run(write_record);
    read();
    EXPECT_EQ(text, "failed\rat 0x1\rat 0x2\n");
}
TEST_F(log_writer, leaves_the_descriptor_as_others_have_it) {
    const int before = ::fcntl(writing.get(), F_GETFL);
    run([](log_writer*, writer* log) { return write_lines(log); });
    EXPECT_EQ(::fcntl(writing.get(), F_GETFL), before);
}

TEST_F(log_writer, is_behind_a_slow_reader_and_not_one_that_has_stopped) {
    run([](log_writer* self, writer* log) -> task<> {
        EXPECT_FALSE(log->is_behind());
        co_await write_lines(log);
        EXPECT_TRUE(log->is_behind());
        while (log->is_behind()) // nobody reads
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        self->read();
        while (!log->is_behind())
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
        self->at_once.request_stop();
    });
}

TEST_F(log_writer, loses_what_a_full_disk_or_a_closed_pipe_cannot_take) {
    const unique_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    ASSERT_GE(full.get(), 0);
    run([](log_writer*, writer* log) { return write_lines(log); }, full.get());
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    reading.reset();
    run([](log_writer*, writer* log) { return write_lines(log); });
    ::signal(SIGPIPE, before);
}

} // namespace
