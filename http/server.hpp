// SPDX-License-Identifier: Apache-2.0
// server: accepts connections on one listener and gives their requests to a handler.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/http/exchange.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/unique_fd.hpp>

#include <chrono>
#include <cstddef>

namespace spry::http {

struct server_options {
    std::size_t head_bytes_max = head_bytes_max_default;
    std::size_t body_bytes_max = body_bytes_max_default;
    /// Connections beyond this number wait in the kernel's queue.
    std::size_t connections_max = server_connections_max_default;
    /// What a connection's buffer starts with.
    std::size_t buffer_bytes = server_buffer_bytes;
    /// A connection on which no request begins for so long is closed; zero: never. A Runtime API
    /// needs zero, since functions are frozen and take their time.
    std::chrono::milliseconds idle_timeout = idle_timeout_default;
    /// A request whose head or body takes longer than this between two of its bytes, or that is not
    /// whole, is dropped; zero: never.
    std::chrono::milliseconds read_timeout = read_timeout_default;
    /// A request that is not whole so long after its first byte, however it comes, is dropped while
    /// more of it is waited for; zero: never.
    std::chrono::milliseconds request_timeout{};
};

/// One listener's connections, each a coroutine: read a request, call the handler, answer, again.
/// Several servers may share a loop and a handler.
///
/// Requests that break the rules are answered and the connection closed: 400 for what is not
/// HTTP/1.1, 431 for a head beyond the limit. Pipelined requests are answered one after the other.
class server {
public:
    /// The handler outlives the server.
    server(io::event_loop& loop, io::listener listener, request_handler& handler,
           const server_options& options = {}) noexcept;
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    const io::address& local_address() const noexcept { return listener_.local_address(); }
    std::size_t connection_count() const noexcept { return peers_.size(); }

    /// Accepts until `stop` is requested; then accepts no more, closes idle connections, lets the
    /// exchanges in hand finish (their answers say Connection: close) and returns. Fails only where
    /// accepting does, in a way that will not pass. Once. Handlers that must end sooner are told by
    /// other means.
    task<result<>> run(stop_token stop);

private:
    struct peer;

    task<> serve(io::unique_fd fd);
    task<bool> serve_one(peer* of);
    task<bool> answer(peer* of);
    task<> refuse(peer* of, int status);
    task<> linger(peer* of);
    task<bool> drain(peer* of);
    task<> watch_timeouts(stop_token stop);
    bool is_overdue(peer& of) noexcept;
    void begin_stop();

    io::event_loop& loop_;
    io::listener listener_;
    request_handler& handler_;
    server_options options_;
    intrusive_queue<peer> peers_;
    io::async_event peers_changed_;
    bool stopping_ = false;
};

} // namespace spry::http
