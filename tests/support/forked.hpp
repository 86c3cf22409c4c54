// SPDX-License-Identifier: Apache-2.0
// forked: runs a function in a process of its own, for what cannot be undone in this one (signals,
// dying, being PID's parent).
#pragma once

#include <cerrno>
#include <exception>

#include <sys/wait.h>
#include <unistd.h>

namespace spry::tests {

/// What a forked process may last; SIGALRM ends it then.
inline constexpr unsigned forked_seconds_max = 30;

/// A process that runs `body` and exits with what it returns (255 where it throws). Its owner waits
/// for it.
class forked {
public:
    template <class Body>
    explicit forked(Body body) : pid_(::fork()) {
        if (pid_ != 0)
            return;
        ::alarm(forked_seconds_max);
        int code = 255;
        try {
            code = body();
        } catch (...) {
        }
        ::_exit(code);
    }
    forked(const forked&) = delete;
    forked& operator=(const forked&) = delete;
    ~forked() {
        if (pid_ > 0)
            exit_code();
    }

    int pid() const noexcept { return pid_; }

    /// Waits for its end: the exit code, or the negative signal number that ended it.
    int exit_code() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    int pid_;
};

template <class Body>
int exit_code_of(Body body) {
    forked child{body};
    return child.exit_code();
}

} // namespace spry::tests
