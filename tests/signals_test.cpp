// SPDX-License-Identifier: Apache-2.0
#include <spry/io/signals.hpp>

#include <spry/core/task_scope.hpp>

#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;

// Gives the process its mask back, since a reader blocks its signals for good.
class signal_reader : public spry::tests::on_every_kernel_backend {
protected:
    signal_reader() { ::sigprocmask(SIG_SETMASK, nullptr, &before_); }
    ~signal_reader() override { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};
SPRY_ON_EVERY_KERNEL_BACKEND(signal_reader);

task<> store_signal(io::signal_reader* from, stop_token stop, std::string* into) {
    const result<int> signal = co_await from->next(stop);
    into->append(signal ? std::to_string(*signal) : signal.error().message());
    into->append(" ");
}

task<std::string> read_pending(io::event_loop* loop) {
    io::signal_reader reader = io::signal_reader::create(*loop, {SIGUSR1, SIGUSR2}).value();
    std::string seen;
    ::kill(::getpid(), SIGUSR2);
    ::kill(::getpid(), SIGUSR1);
    co_await store_signal(&reader, {}, &seen);
    co_await store_signal(&reader, {}, &seen);
    co_return seen;
}

TEST_P(signal_reader, hands_out_signals_one_by_one) {
    EXPECT_EQ(run(read_pending(&loop())),
              std::to_string(SIGUSR1) + " " + std::to_string(SIGUSR2) + " ");
}

task<std::string> read_while_waiting(io::event_loop* loop) {
    io::signal_reader reader = io::signal_reader::create(*loop, {SIGUSR1}).value();
    std::string seen;
    for (int round = 0; round < 3; ++round) {
        task_scope scope;
        scope.spawn(store_signal(&reader, {}, &seen));
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
        ::kill(::getpid(), SIGUSR1);
        co_await scope.join();
    }
    co_return seen;
}

TEST_P(signal_reader, is_woken_by_a_signal) {
    const std::string one = std::to_string(SIGUSR1) + " ";
    EXPECT_EQ(run(read_while_waiting(&loop())), one + one + one);
}

task<std::string> stop_reading(io::event_loop* loop) {
    io::signal_reader reader = io::signal_reader::create(*loop, {SIGUSR1}).value();
    io::signal_reader moved = std::move(reader);
    std::string seen;
    stop_source stop;
    task_scope scope;
    scope.spawn(store_signal(&moved, stop.token(), &seen));
    stop.request_stop();
    co_await scope.join();
    ::kill(::getpid(), SIGUSR1);
    co_await store_signal(&moved, {}, &seen);
    co_return seen;
}

TEST_P(signal_reader, can_be_stopped_and_read_again) {
    EXPECT_EQ(run(stop_reading(&loop())), "cancelled " + std::to_string(SIGUSR1) + " ");
}

} // namespace
