// SPDX-License-Identifier: Apache-2.0
// Starting a function, and what /proc says about a running one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace bench {

/// Exit status of a started child whose request to be traced was refused, and of our tools then.
inline constexpr int ptrace_refused = 4;

struct program {
    std::vector<std::string> command; ///< looked up in PATH where it has no slash
    std::vector<std::string> environment;
    bool quiet = false;  ///< standard output and error go to /dev/null
    bool traced = false; ///< asks its parent to trace it; stops behind exec
    /// Without random addresses: where the stack begins in a page decides how many it touches.
    bool same_addresses = false;
    int cpu = -1; ///< the one it may use; as its parent where negative
};

/// `base` and then `more`, which replaces variables of the same name.
std::vector<std::string> overlaid(std::vector<std::string> base,
                                  const std::vector<std::string>& more);

/// Our own environment without what tells a function who it is, hence what a person or a test has
/// set for it.
std::vector<std::string> environment_without_lambda();

/// What Lambda sets for a function, in short, with the Runtime API at `address`.
std::vector<std::string> lambda_environment(const std::string& address);

/// A child process; killed and reaped with the object.
class process {
public:
    /// Starts it with vfork: what is measured is the start of the program, not a copy of our
    /// memory. Throws std::system_error where there is no process to be had; a command that cannot
    /// be executed ends with 127.
    explicit process(const program& what);
    process(const process&) = delete;
    process& operator=(const process&) = delete;
    ~process();

    pid_t id() const noexcept { return pid_; }
    /// Minor faults of the child while it still shared our memory, which are none of the program's.
    std::uint64_t faults_before_exec() const noexcept { return faults_before_exec_; }
    void kill() noexcept;
    /// Somebody else has waited for its end.
    void reaped() noexcept { pid_ = -1; }

private:
    pid_t pid_ = -1;
    // Written by the vfork child, hence volatile: the compiler sees no other writer.
    volatile std::uint64_t faults_before_exec_ = 0;
};

/// Puts this thread, and what it starts from now on, on the CPU that it runs on, or on `cpu`. Two
/// that take turns wait for no idle CPU to wake up; single-stepping is several times faster so.
/// Returns the CPU; throws std::system_error where it may not be used.
int stay_on_one_cpu(int cpu = -1);

/// Time that all threads of a process, also those that have ended, have had a CPU, in nanoseconds.
/// Throws std::system_error where there is no such process.
std::uint64_t process_cpu_ns(pid_t process);

struct fault_counts {
    std::uint64_t minor = 0;
    std::uint64_t major = 0;
};

/// Page faults of all threads since the process was made; what the kernel does in exec is in it, on
/// the new program's stack for instance.
fault_counts faults_of(pid_t process);

/// Every thread sleeps in the kernel, at a second look a millisecond later too. False for a process
/// that has ended.
bool asleep(pid_t process);

/// Waits until it is; throws std::runtime_error when it does not come within `seconds`.
void wait_until_asleep(pid_t process, unsigned seconds);

struct memory_use {
    std::uint64_t resident_kib = 0; ///< exact: counted from the page tables
    std::uint64_t peak_kib = 0;     ///< as the kernel keeps it, which may be some pages off
};
memory_use memory_of(pid_t process);

} // namespace bench
