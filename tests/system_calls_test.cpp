// SPDX-License-Identifier: Apache-2.0
// What a request and its answer cost in system calls, counted as the slope between two runs.
#include <spry/core/task_scope.hpp>
#include <spry/io/socket.hpp>

#include "support/bytes.hpp"
#include "support/forked.hpp"
#include "support/on_every_backend.hpp"
#include "support/socket_pair.hpp"
#include "support/system_call_count.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace {

namespace io = spry::io;

using spry::task;
using spry::tests::backend_under_test;
using spry::tests::bytes_of;
using spry::tests::connect_fds;
using spry::tests::count_system_calls;
using spry::tests::fd_pair;
using spry::tests::forked;

// Answers every message with as many bytes, until the stream ends.
int echo(int fd) {
    std::array<char, 64> buffer;
    while (true) {
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (size <= 0)
            return 0;
        static_cast<void>(::send(fd, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL));
    }
}

task<> exchange(io::socket* with, int rounds) {
    std::array<std::byte, 64> buffer;
    for (int round = 0; round < rounds; ++round) {
        static_cast<void>(co_await with->send(bytes_of("request")));
        static_cast<void>(co_await with->recv(buffer));
    }
}

// As a client does that has nothing to do between its request and the answer.
task<> exchange_without_awaiting_sends(io::socket* with, int rounds) {
    std::array<std::byte, 64> buffer;
    for (int round = 0; round < rounds; ++round) {
        auto sending = with->send(bytes_of("request"));
        sending.start();
        static_cast<void>(co_await with->recv(buffer));
        static_cast<void>(co_await std::move(sending));
    }
}

using conversation = task<> (*)(io::socket*, int);

long calls_of(const backend_under_test& backend, conversation talk, int rounds) {
    fd_pair fds = connect_fds();
    const forked peer{[&fds] {
        fds.near.reset();
        return echo(fds.far.get());
    }};
    fds.far.reset();
    const std::optional<long> calls = count_system_calls([&] {
        const std::unique_ptr<io::event_loop> loop = io::event_loop::create(backend.choice).value();
        io::socket near{*loop, io::unique_fd{fds.near.get()}};
        loop->run(talk(&near, rounds));
    });
    fds.near.reset();
    return calls.value_or(-1'000'000);
}

double calls_per_round_trip(const backend_under_test& backend, conversation talk = exchange) {
    constexpr int few = 100;
    constexpr int many = 600;
    const long more = calls_of(backend, talk, many) - calls_of(backend, talk, few);
    return static_cast<double>(more) / (many - few);
}

// Set-up may take a call more in one run than in the other: an answer that is there before its
// socket is watched needs one wait less.
constexpr double set_up_noise = 0.01;

TEST(system_calls, of_a_round_trip_are_two_on_the_direct_path) {
    EXPECT_NEAR(calls_per_round_trip(spry::tests::backends[0]), 2.0, set_up_noise);
}

TEST(system_calls, of_a_round_trip_are_three_with_epoll) {
    EXPECT_NEAR(calls_per_round_trip(spry::tests::backends[1]), 3.0, set_up_noise);
}

class system_calls_on_the_ring : public testing::TestWithParam<backend_under_test> {
protected:
    void SetUp() override {
        const auto ring = io::event_loop::create(io::backend_choice::uring);
        if (!ring)
            GTEST_SKIP() << "io_uring is refused here: " << ring.error().message();
    }
};
INSTANTIATE_TEST_SUITE_P(backends, system_calls_on_the_ring,
                         testing::Values(spry::tests::backends[2], spry::tests::backends[3]),
                         spry::tests::backend_name);

TEST_P(system_calls_on_the_ring, are_one_for_each_await) {
    EXPECT_NEAR(calls_per_round_trip(GetParam()), 2.0, set_up_noise);
}

TEST_P(system_calls_on_the_ring, are_one_for_a_round_trip_whose_send_is_not_awaited) {
    EXPECT_NEAR(calls_per_round_trip(GetParam(), exchange_without_awaiting_sends), 1.0,
                set_up_noise);
}

constexpr std::size_t crowd = 32;

task<> exchange_with_each(std::vector<std::unique_ptr<io::socket>>* all, int rounds) {
    spry::task_scope exchanges;
    for (const auto& each : *all)
        exchanges.spawn(exchange_without_awaiting_sends(each.get(), rounds));
    co_await exchanges.join();
}

// Of many round trips at the same time, whose answers are all there before they are asked for.
double calls_per_common_round(const backend_under_test& backend, unsigned operations_at_once) {
    const auto calls_of_rounds = [&](int rounds) {
        const std::optional<long> calls = count_system_calls([&] {
            const std::unique_ptr<io::event_loop> loop =
                io::event_loop::create(backend.choice, operations_at_once).value();
            std::vector<fd_pair> pairs(crowd);
            std::vector<std::unique_ptr<io::socket>> near;
            const std::string answers(static_cast<std::size_t>(rounds) * 64, 'a');
            for (fd_pair& each : pairs) {
                each = connect_fds();
                near.push_back(std::make_unique<io::socket>(*loop, std::move(each.near)));
                static_cast<void>(::send(each.far.get(), answers.data(), answers.size(), 0));
            }
            loop->run(exchange_with_each(&near, rounds));
        });
        return calls.value_or(-1'000'000);
    };
    constexpr int few = 20;
    constexpr int many = 120;
    return static_cast<double>(calls_of_rounds(many) - calls_of_rounds(few)) / (many - few);
}

// Two operations each, and a kernel that completes so many in several portions is asked again.
TEST_P(system_calls_on_the_ring, of_many_operations_at_once_are_few_where_it_was_made_for_them) {
    EXPECT_LE(calls_per_common_round(GetParam(), 2 * crowd), 4.0);
    // One for 8, but for a few at the start.
    EXPECT_GE(calls_per_common_round(GetParam(), 1), 0.9 * (2.0 * crowd / 8));
}

} // namespace
