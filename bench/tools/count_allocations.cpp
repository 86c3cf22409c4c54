// SPDX-License-Identifier: Apache-2.0
// How often does a function allocate on the heap for one warm invocation, and through which door?
//
// Breakpoints on the allocating functions of a static program, found in its symbol table
// (NAME.debug beside NAME). A function that calls another one of these counts for both. While one
// thread is stepped over a breakpoint another one may pass it unseen; the figure is exact for one
// thread.
#include "feeding.hpp"
#include "process.hpp"
#include "symbols.hpp"
#include "tracing.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

namespace {

constexpr const char* help =
    "count_allocations: count the heap allocations of a function between two invocations\n"
    "\n"
    "usage: count_allocations [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
    "\n" SPRY_FEEDING_HELP "\n"
    "Prints breakpoints (functions that are watched), invocations, allocations,\n"
    "allocations_per_invocation, and for each function that was called \"door NAME QUOTIENT\".\n";

struct watched {
    const char* symbol;
    const char* name;
};

// libc's, the eight operators and what they jump to in core/memory.cpp, since lld leads the callers
// of a function that only jumps past it, mimalloc's own entries, and what maps memory.
constexpr watched doors[] = {
    {"malloc", "malloc"},
    {"calloc", "calloc"},
    {"realloc", "realloc"},
    {"aligned_alloc", "aligned_alloc"},
    {"memalign", "memalign"},
    {"posix_memalign", "posix_memalign"},
    {"_Znwm", "operator new"},
    {"_Znam", "operator new[]"},
    {"_ZnwmSt11align_val_t", "operator new (aligned)"},
    {"_ZnamSt11align_val_t", "operator new[] (aligned)"},
    {"_ZnwmRKSt9nothrow_t", "operator new (nothrow)"},
    {"_ZnamRKSt9nothrow_t", "operator new[] (nothrow)"},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", "operator new (aligned, nothrow)"},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", "operator new[] (aligned, nothrow)"},
    {"_ZN4spry12_GLOBAL__N_18allocateEmm", "spry's operators"},
    {"_ZN4spry12_GLOBAL__N_116allocate_or_nullEmm", "spry's operators (nothrow)"},
    {"mi_malloc", "mi_malloc"},
    {"mi_malloc_aligned", "mi_malloc_aligned"},
    {"mmap", "mmap"},
    {"mmap64", "mmap"},
    {"__mmap", "mmap"},
    {"mremap", "mremap"},
    {"__mremap", "mremap"},
    {"sbrk", "sbrk"},
    {"brk", "brk"},
};
constexpr std::size_t door_count = std::size(doors);

using totals = std::array<std::uint64_t, door_count>;

// Written by the tracing thread, read by the feeding one while the function is at rest.
std::array<std::atomic<std::uint64_t>, door_count> entered{};

totals now() {
    totals copy{};
    for (std::size_t i = 0; i != door_count; ++i)
        copy[i] = entered[i];
    return copy;
}

struct breakpoint {
    std::size_t door = 0;
    unsigned char original = 0; ///< the byte that stood at the address
};

class breakpoints {
public:
    breakpoints(pid_t process, const std::map<std::string, std::uint64_t>& functions) {
        for (std::size_t door = 0; door != door_count; ++door) {
            const auto found = functions.find(doors[door].symbol);
            if (found == functions.end() || set_.count(found->second) != 0)
                continue;
            set_[found->second] = {door, replace(process, found->second, int3)};
        }
    }
    std::size_t size() const noexcept { return set_.size(); }

    /// For a thread that has met a breakpoint: counts, lets it execute what stood there, and arms
    /// the breakpoint again. False where there is none of ours.
    bool pass(pid_t thread) const {
        user_regs_struct registers{};
        if (::ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0)
            return false;
        const auto found = set_.find(registers.rip - 1);
        if (found == set_.end())
            return false;
        const auto& [address, met] = *found;
        ++entered[met.door];
        replace(thread, address, met.original);
        registers.rip = address;
        ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
        ::ptrace(PTRACE_SINGLESTEP, thread, nullptr, nullptr);
        int status = 0;
        while (::waitpid(thread, &status, __WALL) < 0 && errno == EINTR) {
        }
        if (WIFSTOPPED(status))
            replace(thread, address, int3);
        return true;
    }

private:
    static constexpr unsigned char int3 = 0xCC;

    // Writes one byte of a program's code and gives the one that stood there.
    static unsigned char replace(pid_t process, std::uint64_t address, unsigned char byte) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process
        void* const place = reinterpret_cast<void*>(address);
        const auto word =
            static_cast<unsigned long>(::ptrace(PTRACE_PEEKTEXT, process, place, nullptr));
        ::ptrace(PTRACE_POKETEXT, process, place, (word & ~0xFFUL) | byte);
        return static_cast<unsigned char>(word);
    }

    std::map<std::uint64_t, breakpoint> set_;
};

int count(const bench::feeding& plan) {
    const auto functions = bench::function_addresses(plan.command[0]);
    bench::fed_api api(plan);
    bench::process function(bench::counted(plan, api.address(), true));
    bench::tracer tracer(function.id(), plan.command[0]);
    const breakpoints set(function.id(), functions);
    if (set.size() == 0)
        throw std::runtime_error(plan.command[0] + " has no function that allocates");
    totals at_from{};
    totals at_to{};
    bench::at_rest hooks;
    hooks.from = [&] { at_from = now(); };
    hooks.to = [&] { at_to = now(); };
    bench::feeder feeder(api, plan, function.id(), hooks);
    bench::stop first;
    first.thread = function.id();
    tracer.resume(first, PTRACE_CONT);
    while (auto stop = tracer.next()) {
        if (stop->kind == bench::stop_kind::trap && !set.pass(stop->thread))
            stop->signal = SIGTRAP; // a breakpoint of the program's own
        tracer.resume(*stop, PTRACE_CONT);
    }
    function.reaped();
    const std::string answer = feeder.finish();

    std::uint64_t total = 0;
    for (std::size_t i = 0; i != door_count; ++i)
        total += at_to[i] - at_from[i];
    std::printf("breakpoints %zu\n", set.size());
    bench::print_head(plan);
    bench::print_slope(plan, "allocations", total);
    for (std::size_t i = 0; i != door_count; ++i) {
        if (at_to[i] != at_from[i]) {
            std::printf("door %s %.3f\n", doors[i].name,
                        static_cast<double>(at_to[i] - at_from[i]) / plan.invocations());
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
        std::fprintf(stderr, "count_allocations: %s\n", error.what());
        return 1;
    }
}
