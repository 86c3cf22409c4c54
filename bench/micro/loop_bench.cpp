// SPDX-License-Identifier: Apache-2.0
// What does it cost on each backend to resume a coroutine, and to send and receive 64 bytes on one
// connection over loopback?
#include "support/bytes.hpp"
#include "support/socket_pair.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace {

using spry::io::backend_choice;
using spry::io::event_loop;

spry::task<> yields(event_loop* loop, benchmark::State* state) {
    for (auto _ : *state)
        co_await loop->yield();
}

spry::task<> send_and_receive(event_loop* loop, benchmark::State* state) {
    spry::tests::socket_pair pair = co_await spry::tests::connect_pair(loop);
    const std::string message(64, 'x');
    std::array<std::byte, 64> received{};
    for (auto _ : *state) {
        const spry::result<std::size_t> sent =
            co_await pair.near.send(spry::tests::bytes_of(message));
        const spry::result<std::size_t> got = co_await pair.far.recv(received);
        if (!sent || !got) {
            state->SkipWithError("the connection is lost");
            break;
        }
    }
}

template <class Work>
void on(benchmark::State& state, backend_choice choice, Work work) {
    spry::result<std::unique_ptr<event_loop>> made = event_loop::create(choice);
    if (!made) {
        state.SkipWithError("this backend is refused here");
        return;
    }
    (*made)->run(work(made->get(), &state));
}

void loop_yield(benchmark::State& state, backend_choice choice) {
    on(state, choice, yields);
}
BENCHMARK_CAPTURE(loop_yield, direct, backend_choice::direct);
BENCHMARK_CAPTURE(loop_yield, epoll, backend_choice::epoll);
BENCHMARK_CAPTURE(loop_yield, uring, backend_choice::uring);

void loop_round_trip(benchmark::State& state, backend_choice choice) {
    on(state, choice, send_and_receive);
}
BENCHMARK_CAPTURE(loop_round_trip, direct, backend_choice::direct);
BENCHMARK_CAPTURE(loop_round_trip, epoll, backend_choice::epoll);
BENCHMARK_CAPTURE(loop_round_trip, uring, backend_choice::uring);

} // namespace
