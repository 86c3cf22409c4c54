// SPDX-License-Identifier: Apache-2.0
// How many instructions does a function execute for one warm invocation? Single-stepped between the
// two readings and at full speed before; an instruction with a repeat prefix counts once for each
// repetition. What the kernel does is not seen.
#include "feeding.hpp"
#include "function_counts.hpp"
#include "process.hpp"
#include "tracing.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

constexpr const char* help =
    "count_instructions: count the instructions of a function, all threads, between two\n"
    "invocations\n"
    "\n"
    "usage: count_instructions [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
    "\n" SPRY_FEEDING_HELP "\n"
    "  --functions    print where the instructions lie, too: \"function NAME QUOTIENT\"\n"
    "\n"
    "Prints invocations, instructions, cpuid, syscalls (instructions of that name), each also per\n"
    "invocation. A step takes 5 to 20 us, so a few invocations are enough: --to 220.\n";

struct totals {
    std::uint64_t instructions = 0;
    std::uint64_t cpuid = 0;
    std::uint64_t syscalls = 0;
};

int count(const bench::feeding& plan, bool functions) {
    bench::stay_on_one_cpu();
    bench::fed_api api(plan);
    bench::process function(bench::counted(plan, api.address(), true));
    bench::tracer tracer(function.id(), plan.command[0]);
    const bench::code_copy code(function.id());

    // The feeding thread touches them only while the function is at rest and the tracing one waits.
    std::atomic<bool> stepping = false;
    std::atomic<std::uint64_t> instructions = 0;
    std::atomic<std::uint64_t> cpuid = 0;
    std::atomic<std::uint64_t> syscalls = 0;
    totals counted;
    bench::function_counts by_function;
    bench::at_rest hooks;
    // Nobody is stepped from here on yet: each thread sleeps in a system call and stops behind it.
    hooks.from = [&] { stepping = true; };
    hooks.to = [&] { counted = {instructions, cpuid, syscalls}; };
    bench::feeder feeder(api, plan, function.id(), hooks);
    bench::stop first;
    first.thread = function.id();
    tracer.resume(first, PTRACE_SYSCALL);
    constexpr auto relaxed = std::memory_order_relaxed;
    while (const auto stop = tracer.next()) {
        if (!stepping.load(relaxed)) {
            tracer.resume(*stop, PTRACE_SYSCALL);
            continue;
        }
        // What stands here is executed next.
        if (stop->signal == 0) {
            instructions.store(instructions.load(relaxed) + 1, relaxed);
            const std::uint64_t address = bench::instruction_pointer(stop->thread);
            if (functions)
                by_function.add(address);
            const std::uint16_t word = code.at(address);
            if (word == bench::cpuid_instruction)
                cpuid.store(cpuid.load(relaxed) + 1, relaxed);
            if (word == bench::syscall_instruction)
                syscalls.store(syscalls.load(relaxed) + 1, relaxed);
        }
        tracer.resume(*stop, PTRACE_SINGLESTEP);
    }
    function.reaped();
    const std::string answer = feeder.finish();

    bench::print_head(plan);
    bench::print_slope(plan, "instructions", counted.instructions);
    bench::print_slope(plan, "cpuid", counted.cpuid);
    bench::print_slope(plan, "syscalls", counted.syscalls);
    if (functions)
        by_function.print(plan.command[0], static_cast<double>(plan.invocations()));
    bench::print_answer(plan, answer);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    bench::own_option functions{"--functions"};
    const bench::feeding plan = bench::read_feeding(argc, argv, help, &functions);
    try {
        return count(plan, functions.given);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "count_instructions: %s\n", error.what());
        return 1;
    }
}
