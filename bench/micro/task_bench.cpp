// SPDX-License-Identifier: Apache-2.0
// What does a coroutine cost: to make, await and end one, alone and in a chain?
#include <spry/core/task.hpp>

#include <benchmark/benchmark.h>

namespace {

spry::task<int> number(int value) {
    co_return value;
}

// As deep as an invocation's coroutines lie.
spry::task<int> chain(int depth) {
    if (depth == 0)
        co_return 1;
    co_return co_await chain(depth - 1) + 1;
}

template <class Make>
void run_each(benchmark::State& state, Make make) {
    for (auto _ : state) {
        spry::task<int> work = make();
        work.start();
        benchmark::DoNotOptimize(std::move(work).result());
    }
}

void task_alone(benchmark::State& state) {
    run_each(state, [] { return number(7); });
}
BENCHMARK(task_alone);

void task_chain_of_11(benchmark::State& state) {
    run_each(state, [] { return chain(10); });
}
BENCHMARK(task_chain_of_11);

} // namespace
