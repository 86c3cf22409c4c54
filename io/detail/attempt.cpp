// SPDX-License-Identifier: Apache-2.0
#include <spry/io/detail/attempt.hpp>

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace spry::io::detail {

namespace {

bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

bool completed(operation& op, std::int64_t outcome) noexcept {
    op.outcome = outcome;
    return true;
}

bool attempt_recv(operation& op, int flags) noexcept {
    while (true) {
        const ssize_t received = ::recv(op.fd, op.buffer.data(), op.buffer.size(), flags);
        if (received >= 0)
            return completed(op, received);
        if (would_block(errno))
            return false;
        if (errno != EINTR)
            return completed(op, -errno);
    }
}

bool attempt_recv_all(operation& op, int flags) noexcept {
    while (op.transferred < op.buffer.size()) {
        const ssize_t received = ::recv(op.fd, op.buffer.data() + op.transferred,
                                        op.buffer.size() - op.transferred, flags | MSG_WAITALL);
        if (received > 0) {
            op.transferred += static_cast<std::size_t>(received);
        } else if (received == 0) {
            break;
        } else if (would_block(errno)) {
            return false;
        } else if (errno != EINTR) {
            return completed(op, -errno);
        }
    }
    return completed(op, static_cast<std::int64_t>(op.transferred));
}

bool attempt_send(operation& op, int flags) noexcept {
    while (true) {
        std::array<iovec, std::tuple_size_v<send_parts>> vectors;
        std::size_t used = 0;
        for (const std::span<const std::byte> part : op.parts) {
            // The kernel's structure serves both directions and so has no const; sending does not
            // write.
            if (!part.empty())
                vectors[used++] = {const_cast<std::byte*>(part.data()), part.size()};
        }
        if (used == 0)
            return completed(op, static_cast<std::int64_t>(op.transferred));

        ssize_t sent = 0;
        if (used == 1) {
            sent = ::send(op.fd, vectors[0].iov_base, vectors[0].iov_len, flags | MSG_NOSIGNAL);
        } else {
            msghdr message{};
            message.msg_iov = vectors.data();
            message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(used);
            sent = ::sendmsg(op.fd, &message, flags | MSG_NOSIGNAL);
        }
        if (sent >= 0) {
            op.transferred += static_cast<std::size_t>(sent);
            drop_sent(op.parts, static_cast<std::size_t>(sent));
        } else if (would_block(errno)) {
            return false;
        } else if (errno != EINTR) {
            return completed(op, -errno);
        }
    }
}

bool attempt_accept(operation& op) noexcept {
    while (true) {
        const int fd = ::accept4(op.fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) {
            const int on = 1;
            // An optimisation that may fail on sockets that are not TCP.
            [[maybe_unused]] const int set =
                ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return completed(op, fd);
        }
        if (would_block(errno))
            return false;
        // A connection that its peer gave up while it was queued is none (accept(2)).
        if (errno != EINTR && errno != ECONNABORTED)
            return completed(op, -errno);
    }
}

bool attempt_connect(operation& op) noexcept {
    if (op.address != nullptr) {
        const sockaddr* to = op.address;
        op.address = nullptr; // asked once; from then on the socket knows the outcome
        if (::connect(op.fd, to, op.address_size) == 0)
            return completed(op, 0);
        if (errno == EINPROGRESS || errno == EINTR)
            return false;
        return completed(op, -errno);
    }
    // In this order: "no error" is also what a connection that is still being made reports, and a
    // refusal may come between the two calls.
    pollfd writable{op.fd, POLLOUT, 0};
    if (::poll(&writable, 1, 0) <= 0)
        return false;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(op.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return completed(op, -error);
}

bool attempt_read(operation& op) noexcept {
    while (true) {
        const ssize_t bytes = ::read(op.fd, op.buffer.data(), op.buffer.size());
        if (bytes >= 0)
            return completed(op, bytes);
        if (would_block(errno))
            return false;
        if (errno != EINTR)
            return completed(op, -errno);
    }
}

bool attempt_write(operation& op) noexcept {
    std::span<const std::byte>& rest = op.parts[0];
    while (!rest.empty()) {
        const ssize_t bytes = ::write(op.fd, rest.data(), rest.size());
        if (bytes >= 0) {
            op.transferred += static_cast<std::size_t>(bytes);
            rest = rest.subspan(static_cast<std::size_t>(bytes));
        } else if (would_block(errno)) {
            return false;
        } else if (errno != EINTR) {
            return completed(op, -errno);
        }
    }
    return completed(op, static_cast<std::int64_t>(op.transferred));
}

bool attempt_readable(operation& op) noexcept {
    pollfd readable{op.fd, POLLIN, 0};
    const int count = ::poll(&readable, 1, 0);
    if (count > 0)
        return completed(op, 0);
    return count < 0 && errno != EINTR ? completed(op, -errno) : false;
}

} // namespace

void drop_sent(send_parts& parts, std::size_t sent) noexcept {
    for (std::span<const std::byte>& part : parts) {
        const std::size_t of_this = sent < part.size() ? sent : part.size();
        part = part.subspan(of_this);
        sent -= of_this;
    }
}

bool attempt(operation& op, blocking mode) noexcept {
    const int flags = mode == blocking::yes ? 0 : MSG_DONTWAIT;
    switch (op.code) {
    case opcode::recv:
        return attempt_recv(op, flags);
    case opcode::recv_all:
        return attempt_recv_all(op, flags);
    case opcode::send:
        return attempt_send(op, flags);
    case opcode::accept:
        return attempt_accept(op);
    case opcode::connect:
        return attempt_connect(op);
    case opcode::read:
        return attempt_read(op);
    case opcode::write:
        return attempt_write(op);
    case opcode::readable:
        return attempt_readable(op);
    case opcode::sleep:
    case opcode::resume:
        break; // the event loop's own
    }
    SPRY_ASSERT(false && "an operation on a descriptor");
}

} // namespace spry::io::detail
