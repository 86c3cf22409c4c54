// SPDX-License-Identifier: Apache-2.0
#include <spry/io/listener.hpp>

#include <spry/io/detail/errno_result.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

namespace spry::io {

namespace {

constexpr int backlog = 512;

} // namespace

result<listener> listener::bind(event_loop& loop, const address& at) noexcept {
    unique_fd fd{::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd)
        return detail::errno_failure();
    const int on = 1;
    // A restart must not wait until the last connections of the previous run have left TIME_WAIT.
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return detail::errno_failure();
    // One listener each for 127.0.0.1 and ::1 on the same port.
    if (at.family() == AF_INET6 &&
        ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return detail::errno_failure();
    address local = at;
    const result<> listening = loop.listen(fd, backlog, local);
    if (!listening)
        return failure(listening.error());
    return listener{loop, std::move(fd), local};
}

listener& listener::operator=(listener&& other) noexcept {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    local_ = other.local_;
    return *this;
}

void listener::close() noexcept {
    loop_->close(fd_);
}

} // namespace spry::io
