// SPDX-License-Identifier: Apache-2.0
// The stops of a traced function and of every thread and process it starts. Linux on x86-64.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/ptrace.h>
#include <sys/types.h>

namespace bench {

enum class stop_kind {
    call_entry, ///< about to make the system call `call` (only when resumed with PTRACE_SYSCALL)
    call_exit,  ///< back from one
    trap,       ///< one instruction was executed, or a breakpoint was met
    other,      ///< a new thread, an exec, or a signal that is delivered when resumed
};

struct stop {
    pid_t thread = 0;
    stop_kind kind = stop_kind::other;
    long call = -1;
    int signal = 0;
};

class tracer {
public:
    /// Takes over a child that was started as traced, and stands behind its exec. Throws
    /// std::runtime_error where it could not be executed; exits with ptrace_refused, and a word,
    /// where this machine refuses ptrace.
    explicit tracer(pid_t child, const std::string& program);

    /// Waits for the next stop; none once everyone has ended.
    std::optional<stop> next();
    /// `how`: PTRACE_SYSCALL, PTRACE_SINGLESTEP or PTRACE_CONT. The signal of the stop is
    /// delivered.
    void resume(const stop& from, int how);

private:
    std::set<pid_t> known_;
};

/// The traced program's memory; short or nothing where it is not mapped.
std::string read_memory(pid_t process, std::uint64_t address, std::size_t bytes);

/// A copy of a program's code, so that looking at an instruction costs no system call. Code that
/// changes later is seen as it was.
class code_copy {
public:
    explicit code_copy(pid_t process);
    /// The two bytes at an address, first one lowest; 0 where there is no code.
    std::uint16_t at(std::uint64_t address) const noexcept;

private:
    std::vector<std::pair<std::uint64_t, std::string>> ranges_;
};

/// How the two instructions that cost most at start look in memory.
inline constexpr std::uint16_t cpuid_instruction = 0xA20F;   // 0F A2
inline constexpr std::uint16_t syscall_instruction = 0x050F; // 0F 05

/// Where a stopped thread stands.
std::uint64_t instruction_pointer(pid_t thread);

} // namespace bench
