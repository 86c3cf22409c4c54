// SPDX-License-Identifier: Apache-2.0
// socket: one connected TCP stream.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/operation.hpp>
#include <spry/io/unique_fd.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace spry::io {

/// A connected stream socket, blocking (operations that must not block say MSG_DONTWAIT), with
/// TCP_NODELAY. One receive and one send may be pending at a time. Movable while nothing is
/// pending; closes when it dies.
class socket {
public:
    /// Adopts a connected descriptor, for instance one that `listener::accept` gave.
    socket(event_loop& loop, unique_fd fd) noexcept : loop_(&loop), fd_(std::move(fd)) {}
    socket(socket&& other) noexcept = default;
    socket& operator=(socket&& other) noexcept;
    ~socket() { close(); }

    /// Connects and blocks the thread while it does: for the one connection a function has, when
    /// nothing else is pending.
    static result<socket> connect_blocking(event_loop& loop, const address& to) noexcept;

    /// Connects on the loop.
    static task<result<socket>> connect(event_loop& loop, address to, stop_token stop = {});

    bool is_open() const noexcept { return static_cast<bool>(fd_); }
    int fd() const noexcept { return fd_.get(); }
    event_loop& loop() const noexcept { return *loop_; }

    struct [[nodiscard]] recv_awaiter : io_awaiter<std::size_t> {
        recv_awaiter(socket& from, opcode code, std::span<std::byte> into, stop_token stop) noexcept
            : io_awaiter(*from.loop_, code, stop) {
            record().fd = from.fd_.get();
            record().buffer = into;
            record().follows_send = std::exchange(from.has_sent_, false);
            const int wanted = std::exchange(from.next_low_water_, 1);
            if (wanted != from.low_water_)
                from.set_low_water(wanted);
        }
    };
    struct [[nodiscard]] send_awaiter : io_awaiter<std::size_t> {
        send_awaiter(socket& to, const send_parts& parts, stop_token stop) noexcept
            : io_awaiter(*to.loop_, opcode::send, stop) {
            record().fd = to.fd_.get();
            record().parts = parts;
            to.has_sent_ = true;
        }
    };

    /// Suspends until at least one byte is there and yields how many were received; 0 at the end of
    /// the stream. The buffer is not empty and stays valid until the await is over.
    recv_awaiter recv(std::span<std::byte> into, stop_token stop = {}) noexcept {
        return recv_awaiter{*this, opcode::recv, into, stop};
    }
    /// Suspends until the buffer is full; yields less only where the stream ended before.
    recv_awaiter recv_all(std::span<std::byte> into, stop_token stop = {}) noexcept {
        return recv_awaiter{*this, opcode::recv_all, into, stop};
    }
    /// The next receive sleeps through `bytes`: more than that are there when it wakes, or the end
    /// of the stream (SO_RCVLOWAT, socket(7)). For what is no news alone. The receives behind it
    /// wake with the first byte again.
    void sleep_through(std::size_t bytes) noexcept {
        next_low_water_ = static_cast<int>(bytes) + 1;
    }

    /// Suspends until all bytes are with the kernel, in order, and yields their number. The bytes
    /// stay valid until the await is over.
    send_awaiter send(std::span<const std::byte> head, std::span<const std::byte> body = {},
                      std::span<const std::byte> tail = {}, stop_token stop = {}) noexcept {
        return send_awaiter{*this, send_parts{head, body, tail}, stop};
    }

    /// False once the kernel knows that the peer has ended its stream or the connection. While it
    /// is true, the end that a receive finds was made on this side (io/termination.hpp), and what
    /// comes still can be received. True for TCP only.
    bool peer_may_send() const noexcept;

    /// Tells the peer that nothing more will be sent.
    void shutdown_send() noexcept;
    /// Ends what is pending and makes later operations fail, from the same thread, without closing
    /// the descriptor.
    void shutdown_both() noexcept;
    void close() noexcept;

private:
    static result<unique_fd> make_stream(const address& to, int flags) noexcept;
    void set_low_water(int bytes) noexcept;

    event_loop* loop_;
    unique_fd fd_;
    bool has_sent_ = false; // since the last receive: the answer cannot be there yet
    int low_water_ = 1;     // the kernel's: so many bytes wake a receive
    int next_low_water_ = 1;
};

} // namespace spry::io
