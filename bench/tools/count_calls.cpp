// SPDX-License-Identifier: Apache-2.0
// Which system calls does a function make for one warm invocation?
#include "feeding.hpp"
#include "process.hpp"
#include "system_call_names.hpp"
#include "tracing.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

namespace {

constexpr const char* help =
    "count_calls: count the system calls of a function, all threads, between two invocations\n"
    "\n"
    "usage: count_calls [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
    "\n" SPRY_FEEDING_HELP "\n"
    "Prints invocations, calls, calls_per_invocation, and for each call \"call NAME QUOTIENT\".\n";

constexpr std::size_t call_count = 1024; // above every number of x86-64

using totals = std::array<std::uint64_t, call_count>;

// Written by the tracing thread, read by the feeding one while the function is at rest.
std::array<std::atomic<std::uint64_t>, call_count> made{};

totals now() {
    totals copy{};
    for (std::size_t i = 0; i != call_count; ++i)
        copy[i] = made[i];
    return copy;
}

int count(const bench::feeding& plan) {
    bench::fed_api api(plan);
    bench::process function(bench::counted(plan, api.address(), true));
    bench::tracer tracer(function.id(), plan.command[0]);
    totals at_from{};
    totals at_to{};
    bench::at_rest hooks;
    hooks.from = [&] { at_from = now(); };
    hooks.to = [&] { at_to = now(); };
    bench::feeder feeder(api, plan, function.id(), hooks);
    bench::stop first;
    first.thread = function.id();
    tracer.resume(first, PTRACE_SYSCALL);
    while (const auto stop = tracer.next()) {
        if (stop->kind == bench::stop_kind::call_entry) {
            const auto number = static_cast<std::size_t>(stop->call);
            ++made[number < call_count ? number : call_count - 1];
        }
        tracer.resume(*stop, PTRACE_SYSCALL);
    }
    function.reaped();
    const std::string answer = feeder.finish();

    std::uint64_t total = 0;
    for (std::size_t i = 0; i != call_count; ++i)
        total += at_to[i] - at_from[i];
    bench::print_head(plan);
    bench::print_slope(plan, "calls", total);
    for (std::size_t i = 0; i != call_count; ++i) {
        const std::uint64_t calls = at_to[i] - at_from[i];
        if (calls != 0) {
            std::printf("call %s %.3f\n", bench::call_name(static_cast<long>(i)).c_str(),
                        static_cast<double>(calls) / plan.invocations());
        }
    }
    bench::print_answer(plan, answer);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const bench::feeding plan = bench::read_feeding(argc, argv, help);
    try {
        return count(plan);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "count_calls: %s\n", error.what());
        return 1;
    }
}
