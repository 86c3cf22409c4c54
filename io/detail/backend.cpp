// SPDX-License-Identifier: Apache-2.0
#include <spry/io/detail/backend.hpp>

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

namespace spry::io::detail {

std::chrono::system_clock::time_point backend::wall_time() noexcept {
    return std::chrono::system_clock::now();
}

int backend::connect_blocking(int fd, const address& to) noexcept {
    while (::connect(fd, to.data(), to.size()) != 0) {
        // An interrupted attempt goes on in the kernel; asking again waits for its end.
        if (errno == EISCONN)
            break;
        if (errno != EINTR && errno != EALREADY)
            return errno;
    }
    return 0;
}

int backend::listen(int fd, int backlog, address& at) noexcept {
    if (::bind(fd, at.data(), at.size()) != 0 || ::listen(fd, backlog) != 0)
        return errno;
    sockaddr_in6 local{};
    socklen_t size = sizeof local;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0)
        return errno;
    at = address::from_kernel(reinterpret_cast<sockaddr*>(&local), size);
    return 0;
}

void backend::shutdown(int fd, int how) noexcept {
    ::shutdown(fd, how);
}

} // namespace spry::io::detail
