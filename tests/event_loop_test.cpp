// SPDX-License-Identifier: Apache-2.0
#include <spry/io/event_loop.hpp>

#include <spry/core/race.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/detail/timer_heap.hpp>

#include "support/bytes.hpp"
#include "support/on_every_backend.hpp"
#include "support/socket_pair.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;
using spry::tests::bytes_of;
using spry::tests::connect_pair;
using spry::tests::socket_pair;
using std::chrono::hours;
using std::chrono::milliseconds;

class event_loop : public spry::tests::on_every_backend {};
SPRY_ON_EVERY_BACKEND(event_loop);

// A script's time stands still as long as anything else can run.
class event_loop_in_real_time : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(event_loop_in_real_time);

task<int> number() {
    co_return 42;
}

task<int> fail() {
    throw std::runtime_error("from main");
    co_return 0;
}

TEST_P(event_loop, returns_the_value_of_its_main_task) {
    EXPECT_EQ(run(number()), 42);
}

TEST_P(event_loop, throws_the_exception_of_its_main_task) {
    EXPECT_THROW(run(fail()), std::runtime_error);
    EXPECT_EQ(run(number()), 42) << "and can run another";
}

TEST_P(event_loop, tells_the_name_it_was_chosen_by) {
    const bool is_automatic = GetParam().choice == io::backend_choice::automatic;
    EXPECT_EQ(loop().backend_name(), is_automatic ? "direct" : GetParam().name);
    EXPECT_EQ(loop().backend_is_final(), !is_automatic);
}

task<> sleep_and_log(io::event_loop* loop, milliseconds duration, char letter, std::string* log) {
    static_cast<void>(co_await loop->sleep_for(duration));
    log->push_back(letter);
}

task<std::string> sleep_in_order(io::event_loop* loop) {
    std::string log;
    task_scope scope;
    scope.spawn(sleep_and_log(loop, milliseconds{6}, 'd', &log));
    scope.spawn(sleep_and_log(loop, milliseconds{2}, 'b', &log));
    scope.spawn(sleep_and_log(loop, milliseconds{4}, 'c', &log));
    scope.spawn(sleep_and_log(loop, milliseconds{0}, 'a', &log));
    co_await scope.join();
    co_return log;
}

TEST_P(event_loop, ends_sleeps_in_the_order_of_their_deadlines) {
    EXPECT_EQ(run(sleep_in_order(&loop())), "abcd");
}

task<std::string> sleep_alike(io::event_loop* loop) {
    std::string log;
    task_scope scope;
    for (char letter = 'a'; letter <= 'z'; ++letter)
        scope.spawn(sleep_and_log(loop, milliseconds{2}, letter, &log));
    co_await scope.join();
    co_return log;
}

TEST_P(event_loop, ends_sleeps_with_one_deadline_in_the_order_they_began) {
    EXPECT_EQ(run(sleep_alike(&loop())), "abcdefghijklmnopqrstuvwxyz");
}

task<bool> sleep_long_enough(io::event_loop* loop) {
    const io::time_point until = loop->now() + milliseconds{5};
    static_cast<void>(co_await loop->sleep_until(until));
    co_return loop->now() >= until&& io::clock::now() >= until;
}

TEST_P(event_loop_in_real_time, never_ends_a_sleep_before_its_time) {
    EXPECT_TRUE(run(sleep_long_enough(&loop())));
}

task<std::string> watch_time(io::event_loop* loop) {
    const io::time_point before = loop->now();
    while (io::clock::now() < before + milliseconds{2}) {
    }
    std::string seen = loop->now() == before ? "stands still" : "goes on";
    static_cast<void>(co_await loop->yield());
    seen += loop->now() > before ? ", then goes on" : ", then stands still";
    co_return seen;
}

TEST_P(event_loop_in_real_time, lets_time_stand_still_while_a_coroutine_runs) {
    EXPECT_EQ(run(watch_time(&loop())), "stands still, then goes on");
}

task<> store_sleep(io::event_loop* loop, stop_token stop, result<>* into) {
    *into = co_await loop->sleep_for(hours{1}, stop);
}

task<std::error_code> cancel_sleep(io::event_loop* loop) {
    stop_source stop;
    result<> outcome;
    task_scope scope;
    scope.spawn(store_sleep(loop, stop.token(), &outcome));
    static_cast<void>(co_await loop->sleep_for(milliseconds{1}));
    stop.request_stop();
    co_await scope.join();
    co_return outcome.error();
}

TEST_P(event_loop, cancels_a_sleep) {
    EXPECT_EQ(run(cancel_sleep(&loop())), errc::cancelled);
}

task<> keep_alternating(io::event_loop* loop, char letter, std::string* log) {
    for (int i = 0; i < 4; ++i) {
        log->push_back(letter);
        static_cast<void>(co_await loop->yield());
    }
}

task<std::string> alternate(io::event_loop* loop) {
    std::string log;
    task_scope scope;
    scope.spawn(keep_alternating(loop, 'a', &log));
    scope.spawn(keep_alternating(loop, 'b', &log));
    scope.spawn(keep_alternating(loop, 'c', &log));
    co_await scope.join();
    co_return log;
}

TEST_P(event_loop, resumes_yielding_coroutines_in_turn) {
    EXPECT_EQ(run(alternate(&loop())), "abcabcabcabc");
}

// How long a coroutine that never lets go may go on in these tests; it is let go much earlier.
constexpr int rounds_max = 1'000'000;

task<> receive_and_tell(io::socket* from, bool* told) {
    std::array<std::byte, 8> buffer;
    static_cast<void>(co_await from->recv(buffer));
    *told = true;
}

task<bool> yield_beside_a_recv(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    bool told = false;
    task_scope scope;
    scope.spawn(receive_and_tell(&pair.far, &told));
    static_cast<void>(co_await pair.near.send(bytes_of("x")));
    for (int round = 0; round < rounds_max && !told; ++round)
        static_cast<void>(co_await loop->yield());
    const bool in_time = told;
    co_await scope.join();
    co_return in_time;
}

TEST_P(event_loop, lets_io_through_while_coroutines_keep_yielding) {
    EXPECT_TRUE(run(yield_beside_a_recv(&loop())));
}

task<bool> be_busy_beside_a_recv(io::event_loop* loop) {
    socket_pair busy = co_await connect_pair(loop);
    socket_pair pair = co_await connect_pair(loop);
    bool told = false;
    task_scope scope;
    scope.spawn(receive_and_tell(&pair.far, &told));
    static_cast<void>(co_await pair.near.send(bytes_of("x")));
    std::array<std::byte, 8> buffer;
    for (int round = 0; round < rounds_max && !told; ++round) {
        static_cast<void>(co_await busy.near.send(bytes_of("y")));
        static_cast<void>(co_await busy.far.recv(buffer));
    }
    const bool in_time = told;
    co_await scope.join();
    co_return in_time;
}

TEST_P(event_loop, lets_others_run_beside_a_coroutine_whose_operations_complete_at_once) {
    EXPECT_TRUE(run(be_busy_beside_a_recv(&loop())));
}

task<> wake_after(io::event_loop* loop, milliseconds duration, bool* told) {
    static_cast<void>(co_await loop->sleep_for(duration));
    *told = true;
}

task<bool> yield_beside_a_timer(io::event_loop* loop) {
    bool told = false;
    task_scope scope;
    scope.spawn(wake_after(loop, milliseconds{1}, &told));
    for (int round = 0; round < 100 * rounds_max && !told; ++round)
        static_cast<void>(co_await loop->yield());
    const bool in_time = told;
    co_await scope.join();
    co_return in_time;
}

TEST_P(event_loop_in_real_time, ends_sleeps_while_coroutines_keep_yielding) {
    EXPECT_TRUE(run(yield_beside_a_timer(&loop())));
}

task<result<std::size_t>> receive(io::socket* from, std::span<std::byte> into, stop_token stop) {
    const result<std::size_t> size = co_await from->recv(into, stop);
    co_return size;
}

task<result<>> expire(io::event_loop* loop, milliseconds duration, stop_token stop) {
    const result<> outcome = co_await loop->sleep_for(duration, stop);
    co_return outcome;
}

task<std::string> time_out_a_recv(io::event_loop* loop) {
    socket_pair pair = co_await connect_pair(loop);
    std::array<std::byte, 8> buffer;
    stop_source stop;
    task<result<std::size_t>> work = receive(&pair.far, buffer, stop.token());
    task<result<>> expiry = expire(loop, milliseconds{2}, stop.token());
    const result<std::size_t> outcome =
        co_await spry::with_timeout(stop, std::move(work), std::move(expiry));

    static_cast<void>(co_await pair.near.send(bytes_of("x")));
    stop_source second_stop;
    task<result<std::size_t>> second = receive(&pair.far, buffer, second_stop.token());
    task<result<>> second_expiry = expire(loop, hours{1}, second_stop.token());
    const result<std::size_t> in_time =
        co_await spry::with_timeout(second_stop, std::move(second), std::move(second_expiry));
    co_return outcome.error().message() + ", " + std::to_string(in_time.value_or(0));
}

TEST_P(event_loop, times_a_recv_out) {
    EXPECT_EQ(run(time_out_a_recv(&loop())), "timed out, 1");
}

task<> wait_in_vain(io::event_loop* loop) {
    io::async_event never{*loop};
    static_cast<void>(co_await never.wait());
}

TEST_P(event_loop, dies_where_nothing_can_wake_it) {
    EXPECT_DEATH(run(wait_in_vain(&loop())), "assertion failed: until ");
}

TEST(parse_backend_choice, knows_the_names_of_the_environment_variable) {
    EXPECT_EQ(io::parse_backend_choice("").value(), io::backend_choice::automatic);
    EXPECT_EQ(io::parse_backend_choice("auto").value(), io::backend_choice::automatic);
    EXPECT_EQ(io::parse_backend_choice("direct").value(), io::backend_choice::direct);
    EXPECT_EQ(io::parse_backend_choice("epoll").value(), io::backend_choice::epoll);
    EXPECT_EQ(io::parse_backend_choice("uring").value(), io::backend_choice::uring);
    for (const char* wrong : {"Auto", "kqueue", "epoll ", " "})
        EXPECT_EQ(io::parse_backend_choice(wrong).error(), std::errc::invalid_argument) << wrong;
}

TEST(timer_heap, gives_the_earliest_whatever_is_put_in_and_taken_out) {
    constexpr std::size_t count = 200;
    std::mt19937 random{7};
    io::detail::timer_heap heap;
    std::vector<std::unique_ptr<io::operation>> timers;
    for (std::size_t i = 0; i < count; ++i) {
        timers.push_back(std::make_unique<io::operation>(io::opcode::sleep));
        timers.back()->deadline = io::time_point{milliseconds{random() % 50}};
        heap.push(*timers.back());
    }
    for (std::size_t i = 0; i < count; i += 3) {
        heap.remove(*timers[i]);
        timers[i]->deadline = io::time_point::min();
    }
    std::size_t left = 0;
    io::time_point last = io::time_point::min();
    while (!heap.empty()) {
        io::operation& next = heap.earliest();
        EXPECT_GE(next.deadline, last);
        EXPECT_NE(next.deadline, io::time_point::min()) << "one that was taken out";
        last = next.deadline;
        heap.remove(next);
        ++left;
    }
    EXPECT_EQ(left, count - (count + 2) / 3);
}

using codes = std::map<io::opcode, int>;

codes pending_on(io::event_loop* loop) {
    codes found;
    loop->visit_pending([](const io::operation& op,
                           void* into) noexcept { ++(*static_cast<codes*>(into))[op.code]; },
                        &found);
    return found;
}

task<> receive_a_byte(io::socket* from, stop_token stop) {
    std::array<std::byte, 1> room;
    static_cast<void>(co_await from->recv(room, stop));
}
task<> sleep_long(io::event_loop* loop, stop_token stop) {
    static_cast<void>(co_await loop->sleep_for(hours{1}, stop));
}
task<> await_event(io::async_event* happened, stop_token stop) {
    static_cast<void>(co_await happened->wait(stop));
}

task<std::vector<codes>> look_at_what_is_pending(io::event_loop* loop) {
    std::vector<codes> seen;
    socket_pair pair = co_await connect_pair(loop);
    socket_pair other = co_await connect_pair(loop);
    io::async_event never{*loop};
    stop_source stop;
    task_scope scope;
    seen.push_back(pending_on(loop));
    scope.spawn(receive_a_byte(&pair.near, {}));
    scope.spawn(receive_a_byte(&other.near, stop.token()));
    scope.spawn(sleep_long(loop, stop.token()));
    scope.spawn(await_event(&never, stop.token()));
    seen.push_back(pending_on(loop));
    static_cast<void>(co_await pair.far.send(bytes_of("x")));
    while (scope.running() == 4)
        static_cast<void>(co_await loop->yield());
    seen.push_back(pending_on(loop));
    stop.request_stop();
    co_await scope.join();
    seen.push_back(pending_on(loop));
    co_return seen;
}

TEST_P(event_loop, shows_what_is_pending_until_it_completes) {
    EXPECT_EQ(run(look_at_what_is_pending(&loop())),
              (std::vector<codes>{
                  {},
                  {{io::opcode::recv, 2}, {io::opcode::sleep, 1}, {io::opcode::resume, 1}},
                  {{io::opcode::recv, 1}, {io::opcode::sleep, 1}, {io::opcode::resume, 1}},
                  {},
              }));
}

} // namespace
