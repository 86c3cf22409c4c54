// SPDX-License-Identifier: Apache-2.0
// client: requests to one address, over one connection that is kept as long as both sides like.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/http/connection.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/message.hpp>
#include <spry/http/receive_buffer.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace spry::http {

struct client_options {
    std::size_t head_bytes_max = head_bytes_max_default;
    std::size_t body_bytes_max = body_bytes_max_default;
};

/// A request made of parts, for tests and tools. Views; what they show outlives the call.
struct simple_request {
    std::string_view method = "GET";
    std::string_view target = "/";
    std::span<const field> headers = {}; ///< besides Host and Content-Length
    std::span<const std::byte> body = {};
};

/// One connection at a time to one address, and the buffer that survives it.
///
/// How a round trip can end, and what is safe then:
/// - `arrival::message`: an answer has been read whole. With `Connection: close` the client has
/// disconnected.
/// - `arrival::closed`: the peer closed before a byte of an answer. A request that may be repeated
/// may be sent again after
///   a connect; that is a stale keep-alive connection's usual end.
/// - `errc::connection_closed`: closed inside the answer. `errc::malformed_message` and the rest:
/// see `connection`. After anything but a message the client has disconnected.
class client {
public:
    /// `memory`: the receive buffer's first memory, which outlives the client; for a function 64
    /// KiB in .bss.
    client(io::event_loop& loop, const io::address& peer, std::span<std::byte> memory,
           const client_options& options = {}) noexcept;
    /// With a buffer of its own, taken when it is first needed.
    client(io::event_loop& loop, const io::address& peer,
           const client_options& options = {}) noexcept;
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    bool is_connected() const noexcept { return wire_.has_value(); }
    /// Connects, blocking the thread: while nothing else runs on the loop. Replaces a connection
    /// that is there.
    result<> connect_blocking() noexcept;
    task<result<>> connect(stop_token stop = {});
    void disconnect() noexcept { wire_.reset(); }

    /// The connection, for whoever sends and reads himself. Asserts that there is one.
    connection& wire() noexcept;

    /// Sends a request (head, body, and a further request that is pipelined behind it; gathered, in
    /// one system call) and reads the first answer whole into `*answer`, also while the sending is
    /// not done: an early answer is seen. The bytes and a retained message stay as they are until
    /// the call is over, except that a retained message is released, once all is sent, where an
    /// answer does not fit behind it.
    task<result<arrival>> round_trip(io::send_parts request, message* answer, stop_token stop = {},
                                     bool answers_head = false);
    /// The second half alone, for a request that was sent before.
    task<result<arrival>> read_answer(message* answer, stop_token stop = {});

    /// The answer that `read_answer` or `round_trip` has given keeps its bytes until `release`.
    void retain() noexcept { buffer_.retain(); }
    void release() noexcept { buffer_.release(); }

    /// Connects where that is needed, sends and reads. Does not repeat anything. Host is the
    /// address.
    task<result<arrival>> request(simple_request what, message* answer, stop_token stop = {});

    const io::address& peer() const noexcept { return peer_; }
    receive_buffer& buffer() noexcept { return buffer_; }

private:
    void adopt(io::socket stream) noexcept;
    void keep_or_drop(const result<arrival>& outcome, const message& answer) noexcept;

    io::event_loop& loop_;
    io::address peer_;
    client_options options_;
    receive_buffer buffer_;
    std::optional<connection> wire_;
};

} // namespace spry::http
