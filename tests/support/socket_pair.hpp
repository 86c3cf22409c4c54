// SPDX-License-Identifier: Apache-2.0
// socket_pair: two ends of one TCP connection over loopback, on one loop.
#pragma once

#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/unique_fd.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/socket.h>

namespace spry::tests {

struct socket_pair {
    io::socket near;
    io::socket far;

    socket_pair(io::socket one, io::socket other) noexcept
        : near(std::move(one)), far(std::move(other)) {}
};

/// Throws where loopback does not work.
inline task<socket_pair> connect_pair(io::event_loop* loop) {
    io::listener listening = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    io::socket near = io::socket::connect_blocking(*loop, listening.local_address()).value();
    result<io::unique_fd> accepted = co_await listening.accept();
    io::socket far{*loop, std::move(accepted).value()};
    co_return socket_pair{std::move(near), std::move(far)};
}

/// The same two ends as bare blocking descriptors, for peers that know no loop.
struct fd_pair {
    io::unique_fd near;
    io::unique_fd far;
};
inline fd_pair connect_fds() {
    const io::address any = io::address::loopback_v4(0);
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    io::unique_fd listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    fd_pair pair{io::unique_fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, {}};
    if (::bind(listening.get(), any.data(), any.size()) != 0 || ::listen(listening.get(), 1) != 0 ||
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0 ||
        ::connect(pair.near.get(), reinterpret_cast<sockaddr*>(&local), size) != 0)
        throw std::system_error(errno, std::system_category());
    pair.far.reset(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    return pair;
}

} // namespace spry::tests
