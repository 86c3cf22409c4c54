// SPDX-License-Identifier: Apache-2.0
#include <spry/io/termination.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>

#include <sys/socket.h>

namespace spry::io::termination {

namespace {

// The process-wide state that a signal handler needs; it has no other place to look.
constinit std::atomic<bool> request{false};
constinit std::atomic<int> idle_socket{-1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void cut_idle_receive() noexcept {
    const int fd = idle_socket.load();
    if (fd >= 0)
        ::shutdown(fd, SHUT_RD);
}

// shutdown(2) is async-signal-safe (signal-safety(7)); it may change errno, which the interrupted
// code still needs.
void on_sigterm(int) noexcept {
    const int interrupted_errno = errno;
    request.store(true);
    cut_idle_receive();
    errno = interrupted_errno;
}

} // namespace

void install() noexcept {
    struct sigaction action{};
    action.sa_handler = on_sigterm;
    sigaction(SIGTERM, &action, nullptr);
}

bool requested() noexcept {
    return request.load();
}

void idle_on(int socket_fd) noexcept {
    idle_socket.store(socket_fd);
    if (request.load())
        cut_idle_receive();
}

} // namespace spry::io::termination
