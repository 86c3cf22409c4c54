// SPDX-License-Identifier: Apache-2.0
// child_process: starts a program, waits for its end on the loop, and ends it.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/unique_fd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace spry::io {

/// How a process ended.
struct exit_status {
    bool signalled =
        false; ///< ended by a signal, whose number `code` is; else `code` is the exit code
    int code = 0;
    std::uint64_t max_rss_kib = 0; ///< the most resident memory it had
};

/// What to run. The program gets an empty signal mask with default actions, its own process group,
/// and SIGKILL when this process dies.
struct child_options {
    std::string program;                  ///< a path; no search along PATH
    std::vector<std::string> arguments;   ///< argv, with argv[0]
    std::vector<std::string> environment; ///< "NAME=value"
    std::string working_directory;        ///< empty: this process's
    int standard_output = -1;             ///< descriptor for stdout; -1: this process's
    int standard_error = -1;              ///< descriptor for stderr; -1: this process's
};

/// A running child, or one whose end has been awaited. Kills its process group and reaps the child
/// when it dies before.
class child_process {
public:
    /// Returns when the program has been executed, or with the errno why it could not be. Blocks
    /// for that long.
    static result<child_process> start(event_loop& loop, const child_options& options);

    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&& other) noexcept;
    ~child_process();

    int pid() const noexcept { return pid_; }

    /// Suspends until the process has ended, kills what it left behind in its group, and reaps it.
    /// Once, unless it was stopped (`errc::cancelled`); not moved meanwhile.
    task<result<exit_status>> wait(stop_token stop = {});

    /// Sends a signal to its whole process group; nothing after the end has been awaited.
    void signal_group(int signal) noexcept;

private:
    child_process(event_loop& loop, int pid, unique_fd pidfd) noexcept;

    void kill_and_reap() noexcept;

    event_loop* loop_;
    int pid_ = -1; // -1 once reaped
    unique_fd pidfd_;
};

/// As PID 1, every orphan in the container becomes this process's child: reaps those that have
/// ended. `children` are the processes that a `child_process` still waits for; when one of them is
/// next in line, it is left to be reaped there and what stands behind it waits for the next call:
/// true.
bool reap_orphans(std::span<const int> children) noexcept;

} // namespace spry::io
