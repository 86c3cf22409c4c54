// SPDX-License-Identifier: Apache-2.0
#include <spry/io/socket.hpp>

#include <spry/io/detail/errno_result.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace spry::io {

result<unique_fd> socket::make_stream(const address& to, int flags) noexcept {
    unique_fd fd{::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
    if (!fd)
        return detail::errno_failure();
    const int on = 1;
    if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        return detail::errno_failure();
    return fd;
}

result<socket> socket::connect_blocking(event_loop& loop, const address& to) noexcept {
    result<unique_fd> fd = make_stream(to, 0);
    if (!fd)
        return failure(fd.error());
    const result<> connected = loop.connect_blocking(*fd, to);
    if (!connected)
        return failure(connected.error());
    return socket{loop, std::move(*fd)};
}

socket& socket::operator=(socket&& other) noexcept {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    has_sent_ = other.has_sent_;
    low_water_ = other.low_water_;
    next_low_water_ = other.next_low_water_;
    return *this;
}

// Of a connected socket the kernel refuses none.
void socket::set_low_water(int bytes) noexcept {
    if (::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) == 0)
        low_water_ = bytes;
}

// A socket whose reading side is shut down here stays established; one whose peer has ended is in
// CLOSE_WAIT (tcp(7), TCP_INFO).
bool socket::peer_may_send() const noexcept {
    tcp_info about{};
    socklen_t size = sizeof about;
    return ::getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &about, &size) == 0 &&
           about.tcpi_state == TCP_ESTABLISHED;
}

void socket::shutdown_send() noexcept {
    loop_->shutdown(fd_, SHUT_WR);
}
void socket::shutdown_both() noexcept {
    loop_->shutdown(fd_, SHUT_RDWR);
}
void socket::close() noexcept {
    loop_->close(fd_);
}

} // namespace spry::io
