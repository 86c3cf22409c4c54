// SPDX-License-Identifier: Apache-2.0
// How many page faults does a function take until its first GET and for one warm invocation, and
// how much memory does it keep? The function is not traced: a tracer would take some of the faults.
#include "feeding.hpp"
#include "process.hpp"

#include <cstdio>
#include <stdexcept>

namespace {

constexpr const char* help =
    "count_faults: count the page faults of a function, and its memory\n"
    "\n"
    "usage: count_faults [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
    "\n" SPRY_FEEDING_HELP "\n"
    "Prints start_minor_faults, start_major_faults, start_resident_kib (from exec to the first\n"
    "GET); invocations, minor_faults, major_faults, each also per invocation; resident_kib and\n"
    "peak_kib behind the last one.\n";

struct reading {
    bench::fault_counts faults;
    bench::memory_use memory;
};

int count(const bench::feeding& plan) {
    bench::fed_api api(plan);
    const bench::process function(bench::counted(plan, api.address(), false));
    const auto read = [&] {
        // The faults first: looking at the memory must not come between.
        bench::fault_counts faults = bench::faults_of(function.id());
        faults.minor -= function.faults_before_exec();
        return reading{faults, bench::memory_of(function.id())};
    };
    reading start;
    reading at_from;
    reading at_to;
    bench::at_rest hooks;
    hooks.before_first = [&] { start = read(); };
    hooks.from = [&] { at_from = read(); };
    hooks.to = [&] { at_to = read(); };
    const std::string answer = api.feed(plan, function.id(), hooks);

    std::printf("start_minor_faults %llu\nstart_major_faults %llu\nstart_resident_kib %llu\n",
                static_cast<unsigned long long>(start.faults.minor),
                static_cast<unsigned long long>(start.faults.major),
                static_cast<unsigned long long>(start.memory.resident_kib));
    bench::print_head(plan);
    bench::print_slope(plan, "minor_faults", at_to.faults.minor - at_from.faults.minor);
    bench::print_slope(plan, "major_faults", at_to.faults.major - at_from.faults.major);
    std::printf("resident_kib %llu\npeak_kib %llu\n",
                static_cast<unsigned long long>(at_to.memory.resident_kib),
                static_cast<unsigned long long>(at_to.memory.peak_kib));
    bench::print_answer(plan, answer);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const bench::feeding plan = bench::read_feeding(argc, argv, help);
    try {
        return count(plan);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "count_faults: %s\n", error.what());
        return 1;
    }
}
