// SPDX-License-Identifier: Apache-2.0
// Both ends of one stream on one loop: the test plays the peer with raw bytes.
#pragma once

#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/http/connection.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/socket.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/network.hpp"

namespace spry::tests {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text});
}
inline std::string text_of(std::span<const std::byte> bytes) {
    return std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Sends each piece once the reader has got the one before, so that the reader sees the cuts; gives
/// up on a reader that does not want more. Then ends the stream.
inline task<> send_pieces(io::socket* from, const http::connection* to,
                          std::vector<std::string> pieces) {
    constexpr int patience = 50; // turns of the loop
    std::size_t sent_total = 0;
    for (const std::string& piece : pieces) {
        if (piece.empty())
            continue;
        const result<std::size_t> sent = co_await from->send(bytes_of(piece));
        if (!sent)
            break;
        sent_total += *sent;
        for (int turn = 0; turn < patience && to->bytes_received() < sent_total; ++turn)
            (void)co_await from->loop().yield();
    }
    from->shutdown_send();
}

/// Everything that comes until the peer ends its side.
inline task<std::string> read_all(io::socket* from) {
    std::string all;
    std::vector<std::byte> piece(64 * 1024);
    for (;;) {
        const result<std::size_t> received = co_await from->recv(piece);
        if (!received || *received == 0)
            break;
        all += text_of(std::span{piece}.first(*received));
    }
    co_return all;
}

/// Reads until what has come ends with `end`, or the stream does.
inline task<std::string> read_until(io::socket* from, std::string end) {
    std::string all;
    std::vector<std::byte> piece(64 * 1024);
    while (!all.ends_with(end)) {
        const result<std::size_t> received = co_await from->recv(piece);
        if (!received || *received == 0)
            break;
        all += text_of(std::span{piece}.first(*received));
    }
    co_return all;
}

/// A reading end with a buffer, its options and the peer.
struct reading_end {
    explicit reading_end(http::message_kind kind, http::connection_options options = {},
                         std::size_t buffer_bytes = http::client_buffer_bytes)
        : loop(make_loop()),
          streams(make_stream_pair(*loop)),
          buffer(buffer_bytes),
          wire(std::move(streams.ours), buffer, with_kind(options, kind)) {}

    static http::connection_options with_kind(http::connection_options options,
                                              http::message_kind kind) {
        options.reads = kind;
        return options;
    }

    io::socket& peer() { return streams.theirs; }

    std::unique_ptr<io::event_loop> loop;
    stream_pair streams;
    http::receive_buffer buffer;
    http::connection wire;
    http::message message;
};

} // namespace spry::tests
