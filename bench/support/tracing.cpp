// SPDX-License-Identifier: Apache-2.0
#include "tracing.hpp"

#include "process.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

namespace bench {

tracer::tracer(pid_t child, const std::string& program) {
    int status = 0;
    while (::waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == ptrace_refused) {
        std::fprintf(stderr, "this machine refuses ptrace\n");
        std::exit(ptrace_refused);
    }
    if (!WIFSTOPPED(status))
        throw std::runtime_error(program + " cannot be executed");
    constexpr long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, options);
    known_.insert(child);
}

std::optional<stop> tracer::next() {
    for (;;) {
        int status = 0;
        const pid_t thread = ::waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR)
            continue;
        if (thread < 0)
            return std::nullopt;
        if (!WIFSTOPPED(status))
            continue;
        stop found;
        found.thread = thread;
        const int signal = WSTOPSIG(status);
        const bool first = known_.insert(thread).second;
        if (signal == (SIGTRAP | 0x80)) {
            user_regs_struct registers{};
            ::ptrace(PTRACE_GETREGS, thread, nullptr, &registers);
            // The kernel puts -ENOSYS there before a call and never leaves it there behind one that
            // exists.
            found.kind = static_cast<long>(registers.rax) == -ENOSYS ? stop_kind::call_entry
                                                                     : stop_kind::call_exit;
            found.call = static_cast<long>(registers.orig_rax);
        } else if (status >> 16 != 0 || (first && signal == SIGSTOP)) {
            found.kind = stop_kind::other;
        } else if (signal == SIGTRAP) {
            found.kind = stop_kind::trap;
        } else {
            found.signal = signal;
        }
        return found;
    }
}

void tracer::resume(const stop& from, int how) {
    // Fails only for a thread that was killed meanwhile; its end is seen by the next wait.
    ::ptrace(static_cast<decltype(PTRACE_CONT)>(how), from.thread, nullptr,
             static_cast<long>(from.signal));
}

std::string read_memory(pid_t process, std::uint64_t address, std::size_t bytes) {
    std::string copy(bytes, '\0');
    iovec local{copy.data(), bytes};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process
    iovec remote{reinterpret_cast<void*>(address), bytes};
    const ssize_t got = ::process_vm_readv(process, &local, 1, &remote, 1, 0);
    copy.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return copy;
}

code_copy::code_copy(pid_t process) {
    std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
    for (std::string line; std::getline(maps, line);) {
        char* rest = nullptr;
        const std::uint64_t begin = std::strtoull(line.c_str(), &rest, 16);
        const std::uint64_t end = *rest == '-' ? std::strtoull(rest + 1, &rest, 16) : begin;
        if (std::strncmp(rest, " r-xp", 5) == 0)
            ranges_.emplace_back(begin, read_memory(process, begin, end - begin));
    }
}

std::uint16_t code_copy::at(std::uint64_t address) const noexcept {
    for (const auto& [begin, bytes] : ranges_) {
        if (address >= begin && address + 2 <= begin + bytes.size()) {
            std::uint16_t instruction = 0;
            std::memcpy(&instruction, bytes.data() + (address - begin), sizeof instruction);
            return instruction;
        }
    }
    return 0;
}

std::uint64_t instruction_pointer(pid_t thread) {
    return static_cast<std::uint64_t>(
        ::ptrace(PTRACE_PEEKUSER, thread, offsetof(user_regs_struct, rip), nullptr));
}

} // namespace bench
