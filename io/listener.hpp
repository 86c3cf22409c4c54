// SPDX-License-Identifier: Apache-2.0
// listener: accepts TCP connections.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/operation.hpp>
#include <spry/io/unique_fd.hpp>

#include <utility>

namespace spry::io {

/// A listening socket, O_NONBLOCK, SO_REUSEADDR. Closes when it dies; nothing may be pending then.
class listener {
public:
    /// Binds and listens; port 0 takes a free one, which `local_address` then tells. Fails with the
    /// errno of bind, for instance std::errc::address_in_use.
    static result<listener> bind(event_loop& loop, const address& at) noexcept;

    listener(listener&& other) noexcept = default;
    listener& operator=(listener&& other) noexcept;
    ~listener() { close(); }

    const address& local_address() const noexcept { return local_; }

    struct [[nodiscard]] accept_awaiter : io_awaiter<unique_fd> {
        accept_awaiter(listener& from, stop_token stop) noexcept
            : io_awaiter(*from.loop_, opcode::accept, stop) {
            record().fd = from.fd_.get();
        }
    };
    /// Suspends until a connection is there; yields its descriptor, blocking and with TCP_NODELAY,
    /// for a `socket`.
    accept_awaiter accept(stop_token stop = {}) noexcept { return accept_awaiter{*this, stop}; }

    void close() noexcept;

private:
    listener(event_loop& loop, unique_fd fd, const address& local) noexcept
        : loop_(&loop), fd_(std::move(fd)), local_(local) {}

    event_loop* loop_;
    unique_fd fd_;
    address local_;
};

} // namespace spry::io
