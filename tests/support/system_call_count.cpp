// SPDX-License-Identifier: Apache-2.0
#include "support/system_call_count.hpp"

#include <cerrno>
#include <csignal>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spry::tests {

namespace {

// With PTRACE_O_TRACESYSGOOD a stop at a system call has this bit set, a stop by a signal has not.
constexpr int system_call_stop = SIGTRAP | 0x80;
constexpr long trace_system_calls_well = 1; // PTRACE_O_TRACESYSGOOD, which is no macro everywhere

int wait_for(int pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

} // namespace

std::optional<long> count_system_calls(const std::function<void()>& body) {
    const int pid = ::fork();
    if (pid == 0) {
        ::alarm(30);
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
            ::_exit(1);
        ::raise(SIGSTOP);
        body();
        ::_exit(0);
    }
    int status = wait_for(pid);
    if (!WIFSTOPPED(status))
        return std::nullopt;
    ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, reinterpret_cast<void*>(trace_system_calls_well));
    long stops = 0;
    long signal = 0;
    while (WIFSTOPPED(status)) {
        if (::ptrace(PTRACE_SYSCALL, pid, nullptr, reinterpret_cast<void*>(signal)) != 0)
            return std::nullopt;
        status = wait_for(pid);
        const bool at_system_call = WIFSTOPPED(status) && WSTOPSIG(status) == system_call_stop;
        stops += at_system_call ? 1 : 0;
        signal = WIFSTOPPED(status) && !at_system_call ? WSTOPSIG(status) : 0;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return std::nullopt;
    return stops / 2; // one on entry and one on return; the last, exit, never returns
}

} // namespace spry::tests
