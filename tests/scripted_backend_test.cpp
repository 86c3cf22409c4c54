// SPDX-License-Identifier: Apache-2.0
// What a scripted run promises beyond what every backend does: time, chance and repetition.
#include <spry/io/testing/scripted_backend.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/pipe.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/testing/random.hpp>

#include "support/bytes.hpp"
#include "support/socket_pair.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace io = spry::io;

using io::testing::faults;
using io::testing::make_scripted_loop;
using io::testing::record;
using io::testing::script;
using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;
using spry::tests::bytes_of;
using spry::tests::connect_pair;
using spry::tests::pattern;
using spry::tests::socket_pair;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t seeds = 50;

// Everything that TCP may do to a stream which stays.
faults rough_but_whole() {
    faults with;
    with.short_receives = 300;
    with.short_sends = 300;
    with.again = 300;
    with.reordered = 300;
    with.delays = 300;
    return with;
}

script seeded(std::uint64_t seed, const faults& with) {
    script how;
    how.seed = seed;
    how.faults = with;
    return how;
}

struct transfer {
    std::vector<std::byte> received;
    std::size_t receives = 0;
    std::error_code receive_error;
    std::error_code send_error;
};

task<> receive_to_the_end(io::socket* from, transfer* into) {
    std::vector<std::byte> piece(1 << 16);
    while (true) {
        const result<std::size_t> size = co_await from->recv(piece);
        if (!size)
            into->receive_error = size.error();
        if (!size || *size == 0)
            break;
        ++into->receives;
        into->received.insert(into->received.end(), piece.begin(),
                              piece.begin() + static_cast<std::ptrdiff_t>(*size));
    }
}

task<> send_and_end(io::socket* to, std::span<const std::byte> bytes, transfer* into) {
    const std::size_t half = bytes.size() / 2;
    const result<std::size_t> sent = co_await to->send(bytes.first(half), bytes.subspan(half));
    if (!sent)
        into->send_error = sent.error();
    to->shutdown_send();
}

task<transfer> carry(io::event_loop* loop, std::span<const std::byte> bytes) {
    socket_pair pair = co_await connect_pair(loop);
    transfer done;
    task_scope scope;
    scope.spawn(receive_to_the_end(&pair.far, &done));
    scope.spawn(send_and_end(&pair.near, bytes, &done));
    co_await scope.join();
    co_return done;
}

transfer carried(const script& how, std::span<const std::byte> bytes, record* into = nullptr) {
    const auto loop = make_scripted_loop(how, into);
    return loop->run(carry(loop.get(), bytes));
}

TEST(scripted_backend, repeats_a_run_from_its_seed) {
    const std::vector<std::byte> bytes = pattern(100'000);
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        record first;
        record second;
        script how = seeded(seed, rough_but_whole());
        how.keeps_trace = true;
        carried(how, bytes, &first);
        carried(how, bytes, &second);
        EXPECT_EQ(first.trace_hash, second.trace_hash) << seed;
        EXPECT_EQ(first.trace, second.trace) << seed;
        EXPECT_GT(first.faults_injected, 0u) << seed;
        hashes.insert(first.trace_hash);
    }
    EXPECT_EQ(hashes.size(), seeds) << "and another one from another seed";
}

TEST(scripted_backend, repeats_a_run_whatever_the_descriptors_numbers) {
    const std::vector<std::byte> bytes = pattern(10'000);
    record with_low_numbers;
    record with_high_numbers;
    carried(seeded(3, rough_but_whole()), bytes, &with_low_numbers);
    std::vector<io::unique_fd> taken;
    for (int i = 0; i < 7; ++i)
        taken.emplace_back(::dup(0));
    carried(seeded(3, rough_but_whole()), bytes, &with_high_numbers);
    EXPECT_EQ(with_low_numbers.trace_hash, with_high_numbers.trace_hash);
}

TEST(scripted_backend, tells_its_bytes_apart_in_the_hash) {
    std::vector<std::byte> bytes = pattern(1000);
    record one;
    record other;
    carried({}, bytes, &one);
    bytes[500] ^= std::byte{1};
    carried({}, bytes, &other);
    EXPECT_EQ(one.events, other.events);
    EXPECT_NE(one.trace_hash, other.trace_hash);
}

TEST(scripted_backend, keeps_every_byte_and_their_order_on_a_rough_network) {
    const std::vector<std::byte> bytes = pattern(200'000);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const transfer done = carried(seeded(seed, rough_but_whole()), bytes);
        EXPECT_TRUE(done.received == bytes) << seed;
        EXPECT_FALSE(done.send_error || done.receive_error) << seed;
    }
}

task<bool> fill_all(io::event_loop* loop, std::span<const std::byte> bytes) {
    socket_pair pair = co_await connect_pair(loop);
    transfer done;
    std::vector<std::byte> received(bytes.size());
    task_scope scope;
    scope.spawn(send_and_end(&pair.near, bytes, &done));
    const result<std::size_t> size = co_await pair.far.recv_all(received);
    co_await scope.join();
    co_return size.value_or(0) == bytes.size() && std::ranges::equal(received, bytes);
}

TEST(scripted_backend, fills_a_buffer_whatever_the_pieces) {
    const std::vector<std::byte> bytes = pattern(100'000);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, rough_but_whole()));
        EXPECT_TRUE(loop->run(fill_all(loop.get(), bytes))) << seed;
    }
}

TEST(scripted_backend, cuts_into_pieces_only_where_it_shall) {
    const std::vector<std::byte> bytes = pattern(10'000);
    faults with;
    with.short_receives = 500;
    EXPECT_EQ(carried({}, bytes).receives, 1u);
    EXPECT_GT(carried(seeded(1, with), bytes).receives, 1u);
}

TEST(scripted_backend, resets_connections_at_any_byte_and_says_so) {
    const std::vector<std::byte> bytes = pattern(1000);
    faults with;
    with.resets = 300;
    with.short_sends = 300;
    std::set<std::size_t> sizes;
    int broken = 0;
    for (std::uint64_t seed = 1; seed <= 4 * seeds; ++seed) {
        const transfer done = carried(seeded(seed, with), bytes);
        const std::size_t size = done.received.size();
        ASSERT_LE(size, bytes.size());
        EXPECT_TRUE(std::equal(done.received.begin(), done.received.end(), bytes.begin())) << seed;
        if (size == bytes.size() && !done.receive_error)
            continue;
        ++broken;
        sizes.insert(size);
        EXPECT_EQ(done.receive_error, std::errc::connection_reset) << seed;
        if (done.send_error) {
            EXPECT_TRUE(done.send_error == std::errc::connection_reset ||
                        done.send_error == std::errc::broken_pipe)
                << seed << " " << done.send_error.message();
        }
    }
    EXPECT_GT(broken, 20);
    EXPECT_GT(sizes.size(), 10u);
}

// A test of tests: what no network does must be seen by whoever compares.
TEST(scripted_backend, loses_and_alters_bytes_when_told_to) {
    const std::vector<std::byte> bytes = pattern(1000);
    faults losing;
    losing.lost_bytes = 900;
    faults altering;
    altering.altered_bytes = 900;
    bool lost = false;
    bool altered = false;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        lost = lost || carried(seeded(seed, losing), bytes).received.size() == bytes.size() - 1;
        const std::vector<std::byte> received = carried(seeded(seed, altering), bytes).received;
        altered = altered || (received.size() == bytes.size() && received != bytes);
    }
    EXPECT_TRUE(lost);
    EXPECT_TRUE(altered);
}

task<long> sleep_long(io::event_loop* loop) {
    const io::time_point before = loop->now();
    static_cast<void>(co_await loop->sleep_for(hours{1000}));
    co_return static_cast<long>((loop->now() - before) / hours{1});
}

TEST(scripted_backend, sleeps_a_thousand_hours_at_once_and_to_the_hour) {
    const auto loop = make_scripted_loop({});
    EXPECT_EQ(loop->run(sleep_long(loop.get())), 1000);
}

task<bool> time_of_work(io::event_loop* loop) {
    const io::time_point before = loop->now();
    const std::vector<std::byte> bytes = pattern(1'000'000);
    const transfer done = co_await carry(loop, bytes);
    co_return done.received.size() == bytes.size() && loop->now() == before;
}

TEST(scripted_backend, lets_no_time_pass_while_something_can_go_on) {
    const auto loop = make_scripted_loop({});
    EXPECT_TRUE(loop->run(time_of_work(loop.get())));
}

task<io::clock::duration> time_of_one_byte(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    const io::time_point before = loop->now();
    std::array<std::byte, 1> buffer;
    static_cast<void>(co_await pair.near.send(bytes_of("x")));
    static_cast<void>(co_await pair.far.recv(buffer));
    co_return loop->now() - before;
}

TEST(scripted_backend, lets_bytes_take_their_time) {
    faults with;
    with.delays = 900;
    with.delay_max = seconds{10};
    std::set<io::clock::duration> times;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        const io::clock::duration taken = loop->run(time_of_one_byte(loop.get()));
        EXPECT_LE(taken, seconds{10});
        times.insert(taken);
    }
    EXPECT_GT(times.size(), seeds / 2);
}

task<io::clock::duration> time_of_a_short_sleep(io::event_loop* loop) {
    const io::time_point before = loop->now();
    static_cast<void>(co_await loop->sleep_for(milliseconds{1}));
    co_return loop->now() - before;
}

TEST(scripted_backend, lets_the_clock_jump_over_a_sleep) {
    faults with;
    with.clock_jumps = 500;
    with.jump_max = hours{1};
    bool jumped = false;
    bool was_in_time = false;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        const io::clock::duration slept = loop->run(time_of_a_short_sleep(loop.get()));
        EXPECT_GE(slept, milliseconds{1});
        jumped = jumped || slept > seconds{1};
        was_in_time = was_in_time || slept == milliseconds{1};
    }
    EXPECT_TRUE(jumped && was_in_time);
}

task<> receive_first(io::socket* from, int number, std::vector<int>* order) {
    std::array<std::byte, 1> buffer;
    static_cast<void>(co_await from->recv(buffer));
    order->push_back(number);
}

task<std::vector<int>> order_of_completions(io::event_loop* loop) {
    std::vector<socket_pair> pairs;
    std::vector<int> order;
    task_scope scope;
    for (int i = 0; i < 4; ++i) {
        socket_pair pair = co_await connect_pair(loop);
        pairs.push_back(std::move(pair));
    }
    for (int i = 0; i < 4; ++i)
        scope.spawn(receive_first(&pairs[static_cast<std::size_t>(i)].far, i, &order));
    for (socket_pair& pair : pairs)
        static_cast<void>(co_await pair.near.send(bytes_of("x")));
    co_await scope.join();
    co_return order;
}

TEST(scripted_backend, completes_in_another_order_only_where_it_shall) {
    faults with;
    with.reordered = 500;
    std::set<std::vector<int>> orders;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        orders.insert(loop->run(order_of_completions(loop.get())));
    }
    EXPECT_GT(orders.size(), 5u);
    const auto orderly = make_scripted_loop({});
    EXPECT_EQ(orderly->run(order_of_completions(orderly.get())), (std::vector{0, 1, 2, 3}));
}

task<> store_receive(io::socket* from, stop_token stop, std::string* into) {
    std::array<std::byte, 8> buffer;
    const result<std::size_t> size = co_await from->recv(buffer, stop);
    *into = size ? "received" : size.error().message();
}

task<std::string> stop_as_bytes_come(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    stop_source stop;
    std::string story;
    task_scope scope;
    scope.spawn(store_receive(&pair.far, stop.token(), &story));
    static_cast<void>(co_await pair.near.send(bytes_of("x")));
    stop.request_stop();
    co_await scope.join();
    if (story == "received")
        co_return story;
    std::string rest;
    co_await store_receive(&pair.far, {}, &rest);
    co_return story + ", then " + rest;
}

TEST(scripted_backend, lets_a_stop_and_a_completion_race_without_losing_a_byte) {
    faults with;
    with.reordered = 500;
    with.again = 500;
    std::set<std::string> stories;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        stories.insert(loop->run(stop_as_bytes_come(loop.get())));
    }
    EXPECT_EQ(stories, (std::set<std::string>{"received", "cancelled, then received"}));
}

task<std::string> dial(io::event_loop* loop, stop_token stop) {
    io::listener listening = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    const result<io::socket> near =
        co_await io::socket::connect(*loop, listening.local_address(), stop);
    const result<io::socket> blocking =
        io::socket::connect_blocking(*loop, listening.local_address());
    std::string story = near ? "connected" : near.error().message();
    story += blocking ? ", connected" : ", " + blocking.error().message();
    co_return story;
}

TEST(scripted_backend, refuses_connections) {
    faults with;
    with.refusals = 500;
    std::set<std::string> stories;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        stories.insert(loop->run(dial(loop.get(), {})));
    }
    EXPECT_EQ(stories.size(), 4u);
    const auto friendly = make_scripted_loop({});
    EXPECT_EQ(friendly->run(dial(friendly.get(), {})), "connected, connected");
}

task<> store_dial(io::event_loop* loop, io::address to, stop_token stop, std::error_code* into) {
    const result<io::socket> near = co_await io::socket::connect(*loop, to, stop);
    if (!near)
        *into = near.error();
}

task<std::error_code> stop_a_dial(io::event_loop* loop) {
    io::listener listening = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    stop_source stop;
    std::error_code error;
    task_scope scope;
    scope.spawn(store_dial(loop, listening.local_address(), stop.token(), &error));
    stop.request_stop();
    co_await scope.join();
    co_return error;
}

TEST(scripted_backend, lets_a_connect_be_stopped_while_it_is_on_its_way) {
    faults with;
    with.delays = 900;
    with.delay_max = seconds{10};
    int stopped = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        stopped += loop->run(stop_a_dial(loop.get())) == errc::cancelled ? 1 : 0;
    }
    EXPECT_GT(stopped, static_cast<int>(seeds) / 2);
}

task<std::error_code> accept_error(io::event_loop* loop) {
    io::listener listening = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    const result<io::socket> near = io::socket::connect_blocking(*loop, listening.local_address());
    const result<io::unique_fd> fd = co_await listening.accept();
    co_return fd ? std::error_code{} : fd.error();
}

TEST(scripted_backend, runs_out_of_descriptors) {
    faults with;
    with.accept_failures = 500;
    bool failed = false;
    bool went_well = false;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const auto loop = make_scripted_loop(seeded(seed, with));
        const std::error_code error = loop->run(accept_error(loop.get()));
        failed = failed || error == std::errc::too_many_files_open;
        went_well = went_well || !error;
    }
    EXPECT_TRUE(failed && went_well);
}

task<std::error_code> read_a_pipe(io::event_loop* loop) {
    io::pipe_ends ends = io::make_pipe(*loop).value();
    std::array<std::byte, 8> buffer;
    const result<std::size_t> size = co_await ends.reader.read(buffer);
    co_return size ? std::error_code{} : size.error();
}

TEST(scripted_backend, has_nothing_to_do_with_other_descriptors) {
    const auto loop = make_scripted_loop({});
    EXPECT_EQ(loop->run(read_a_pipe(loop.get())), std::errc::not_a_socket);
}

task<std::string> what_a_pending_receive_holds(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::array<std::byte, 8> buffer;
    std::ranges::fill(buffer, std::byte{'.'});
    auto receiving = pair.far.recv(buffer);
    receiving.start();
    const bool is_spoilt =
        std::ranges::none_of(buffer, [](std::byte byte) { return byte == std::byte{'.'}; });
    static_cast<void>(co_await pair.near.send(bytes_of("ab")));
    const result<std::size_t> size = co_await std::move(receiving);
    const bool rest_is_spoilt = std::ranges::none_of(
        std::span{buffer}.subspan(*size), [](std::byte byte) { return byte == std::byte{'.'}; });
    co_return std::string{is_spoilt ? "spoilt, " : "kept, "} + (rest_is_spoilt ? "spoilt" : "kept");
}

TEST(scripted_backend, spoils_the_buffer_of_a_pending_receive) {
    const auto loop = make_scripted_loop({});
    EXPECT_EQ(loop->run(what_a_pending_receive_holds(loop.get())), "spoilt, spoilt");
}

task<> receive_in_vain(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::array<std::byte, 8> buffer;
    static_cast<void>(co_await pair.far.recv(buffer));
}

TEST(scripted_backend, dies_with_its_seed_where_nothing_can_happen_any_more) {
    const auto loop = make_scripted_loop(seeded(4711, {}));
    EXPECT_DEATH(loop->run(receive_in_vain(loop.get())), "seed 4711 waits for what cannot happen");
}

task<> sleep_for_ever(io::event_loop* loop) {
    while (true)
        static_cast<void>(co_await loop->sleep_for(milliseconds{1}));
}

TEST(scripted_backend, dies_with_its_seed_where_a_run_goes_in_circles) {
    script how = seeded(4711, {});
    how.waits_max = 1000;
    const auto loop = make_scripted_loop(how);
    EXPECT_DEATH(loop->run(sleep_for_ever(loop.get())), "seed 4711 goes in circles");
}

task<std::string> forget_an_accepted_descriptor(io::event_loop* loop) {
    io::listener listening = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    io::socket near = io::socket::connect_blocking(*loop, listening.local_address()).value();
    {
        const result<io::unique_fd> accepted = co_await listening.accept();
    }
    std::string story;
    co_await store_receive(&near, {}, &story);
    co_return story;
}

TEST(scripted_backend, ends_a_stream_whose_descriptor_was_closed_without_the_loop) {
    const auto loop = make_scripted_loop({});
    EXPECT_EQ(loop->run(forget_an_accepted_descriptor(loop.get())), "received");
}

TEST(random_source, draws_the_same_numbers_everywhere) {
    io::testing::random_source random{0};
    EXPECT_EQ(random.next(), 0xe220a8397b1dcdafu);
    EXPECT_EQ(random.next(), 0x6e789e6aa1b965f4u);
    EXPECT_EQ(random.below(0), 0u);
    EXPECT_EQ(random.up_to(1), 1u);
    EXPECT_FALSE(random.chance(0));
    EXPECT_TRUE(random.chance(1000));
}

} // namespace
