// SPDX-License-Identifier: Apache-2.0
#include <spry/io/child_process.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/detail/errno_result.hpp>
#include <spry/io/operation.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spry::io {

namespace {

// Numbers that older C libraries lack; the same on every architecture (pidfd_open(2), waitid(2)).
constexpr long pidfd_open_number = 434;
constexpr int wait_for_pidfd = 3;

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    // execve's parameters have no const; it does not write through them.
    for (const std::string& string : strings)
        pointers.push_back(const_cast<char*>(string.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

struct start_request {
    const child_options* options;
    char* const* arguments;
    char* const* environment;
    int parent;
    volatile int error; // the child's, which shares this memory until it executes the program
};

// Every signal as a new process expects it. An ignored one would stay ignored across exec, so it is
// reset too.
void reset_signals() noexcept {
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal)
        sigaction(signal, &action, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Puts the two descriptors onto stdout's and stderr's numbers, where they stay open on exec. By way
// of numbers beyond those, since a source may itself be 1 or 2.
bool redirect_output(const child_options& options) noexcept {
    const int out = options.standard_output;
    const int err = options.standard_error;
    const int out_copy = out < 0 ? -1 : ::fcntl(out, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int err_copy = err < 0 ? -1 : ::fcntl(err, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return (out < 0 || (out_copy >= 0 && ::dup2(out_copy, STDOUT_FILENO) >= 0)) &&
           (err < 0 || (err_copy >= 0 && ::dup2(err_copy, STDERR_FILENO) >= 0));
}

// Runs in the child, on the parent's memory: system calls only, and nothing is left changed.
[[noreturn]] void become_program(start_request& request) noexcept {
    const child_options& options = *request.options;
    reset_signals();
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before the line above took effect.
    if (::getppid() != request.parent)
        ::_exit(127);
    const bool ready =
        (options.working_directory.empty() || ::chdir(options.working_directory.c_str()) == 0) &&
        redirect_output(options);
    if (ready)
        ::execve(options.program.c_str(), request.arguments, request.environment);
    request.error = errno;
    ::_exit(127);
}

// vfork, not fork: the parent waits until the program is executed or has failed to be, and no page
// table is copied. All signals are blocked meanwhile, since a handler must not run in the child on
// the parent's memory.
[[gnu::noinline]] int start_program(start_request& request) noexcept {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    const int pid = ::vfork();
    if (pid == 0)
        become_program(request);
    const int error = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

// waitid with the usage of resources, which libc's wrapper leaves out.
int wait_with_usage(int pidfd, siginfo_t& info, rusage& usage, int options) noexcept {
    return static_cast<int>(::syscall(SYS_waitid, wait_for_pidfd, pidfd, &info, options, &usage));
}

} // namespace

result<child_process> child_process::start(event_loop& loop, const child_options& options) {
    const std::vector<char*> arguments = pointers_to(options.arguments);
    const std::vector<char*> environment = pointers_to(options.environment);
    start_request request{&options, arguments.data(), environment.data(), ::getpid(), 0};

    const int pid = start_program(request);
    if (pid < 0)
        return detail::errno_failure();
    if (request.error != 0) {
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        return detail::errno_failure(request.error);
    }
    unique_fd pidfd{static_cast<int>(::syscall(pidfd_open_number, pid, 0))};
    const int error = errno;
    child_process child{loop, pid, std::move(pidfd)};
    if (!child.pidfd_)
        return detail::errno_failure(error);
    return child;
}

child_process::child_process(event_loop& loop, int pid, unique_fd pidfd) noexcept
    : loop_(&loop), pid_(pid), pidfd_(std::move(pidfd)) {}

child_process::child_process(child_process&& other) noexcept
    : loop_(other.loop_), pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

child_process& child_process::operator=(child_process&& other) noexcept {
    kill_and_reap();
    loop_ = other.loop_;
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    return *this;
}

child_process::~child_process() {
    kill_and_reap();
}

task<result<exit_status>> child_process::wait(stop_token stop) {
    SPRY_ASSERT(pid_ > 0);
    io_awaiter<void> ended{*loop_, opcode::readable, stop};
    ended.record().fd = pidfd_.get();
    const result<> outcome = co_await std::move(ended);
    if (!outcome)
        co_return failure(outcome.error());

    // While the process is not reaped its group's number cannot become somebody else's.
    signal_group(SIGKILL);
    siginfo_t info{};
    rusage usage{};
    if (wait_with_usage(pidfd_.get(), info, usage, WEXITED) != 0)
        co_return detail::errno_failure();
    pid_ = -1;
    loop_->close(pidfd_);
    exit_status status;
    status.signalled = info.si_code != CLD_EXITED;
    status.code = info.si_status;
    status.max_rss_kib = static_cast<std::uint64_t>(usage.ru_maxrss);
    co_return status;
}

void child_process::signal_group(int signal) noexcept {
    if (pid_ > 0)
        ::kill(-pid_, signal);
}

void child_process::kill_and_reap() noexcept {
    if (pid_ <= 0)
        return;
    signal_group(SIGKILL);
    ::kill(pid_, SIGKILL); // which may have moved itself to another group
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    loop_->close(pidfd_);
}

bool reap_orphans(std::span<const int> children) noexcept {
    while (true) {
        siginfo_t info{};
        // Look first, without reaping: the next one in line may be somebody's child.
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
            return false;
        if (std::find(children.begin(), children.end(), info.si_pid) != children.end())
            return true;
        int status = 0;
        ::waitpid(info.si_pid, &status, WNOHANG);
    }
}

} // namespace spry::io
