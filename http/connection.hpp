// SPDX-License-Identifier: Apache-2.0
// connection: bytes on one socket to and from HTTP/1.1 messages.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/limits.hpp>
#include <spry/http/message.hpp>
#include <spry/http/parser.hpp>
#include <spry/http/receive_buffer.hpp>
#include <spry/io/socket.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace spry::http {

struct connection_options {
    message_kind reads = message_kind::response;
    std::size_t head_bytes_max = head_bytes_max_default;
    std::size_t body_bytes_max = body_bytes_max_default;
    /// Kept free behind a body that is read whole, and its padding, for what arrives while it is
    /// retained.
    std::size_t bytes_behind_body = bytes_behind_event;
};

/// What a read that succeeded has found.
enum class arrival : std::uint8_t {
    message,
    closed, ///< the peer closed (or reset) before the first byte of a message
};

/// Reads messages of one kind and sends bytes. One read and one send may be pending at a time.
///
/// Reading fails with `errc::connection_closed` (the stream ended inside a message),
/// `errc::malformed_message`, `errc::head_too_large`, `errc::body_too_large`,
/// `errc::unexpected_message` (101), `errc::cancelled`, std::errc::no_buffer_space (a retained
/// message leaves no room), or what the socket reports. A connection that failed is of no further
/// use, except after `cancelled` (the read may be repeated: nothing is lost), after
/// `body_too_large` from an announced length (an answer may be sent) and after `no_buffer_space`
/// (release, then read again).
class connection {
public:
    /// The buffer outlives the connection. What an earlier connection left in it unread is
    /// discarded.
    connection(io::socket stream, receive_buffer& buffer,
               const connection_options& options) noexcept;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Reads a head and its whole body: the one call of a function's hot path. `answers_head`: the
    /// message answers a HEAD request. Interim (1xx) answers are skipped.
    task<result<arrival>> read_message(message* into, stop_token stop = {},
                                       bool answers_head = false);

    /// Reads a head. Ends the last message unless it is retained; its body must have been read to
    /// its end.
    task<result<arrival>> read_head(message* into, stop_token stop = {}, bool answers_head = false);
    /// Reads the body of that head whole, into `of->body()`; behind `read_some`, the rest of it.
    task<result<>> read_body(message* of, stop_token stop = {});
    /// Reads some of the body of that head: at least one byte, and nothing only at its end. The
    /// bytes are valid until the next call; whoever is slow to make it slows the peer. Not limited
    /// by `body_bytes_max`.
    task<result<std::span<const std::byte>>> read_some(message* of, stop_token stop = {});

    /// True once the body of the last head has been read to its end (or there was none).
    bool at_message_end() const noexcept { return phase_ == phase::between; }
    /// Bytes of a body with a Content-Length that have not been read.
    std::uint64_t body_bytes_left() const noexcept { return length_left_; }

    /// True for a head that announces a longer body than `read_body` takes.
    bool announced_too_much(const message& head) const noexcept {
        return head.content_length() > options_.body_bytes_max;
    }

    /// Waits until the peer closes or resets; what it sends until then is kept. Returns without an
    /// error when it has gone. For a server whose handler takes its time. Only at a message's end.
    task<result<>> peer_gone(stop_token stop);

    /// The last message, read to its end, keeps its bytes until `release`: the next one is received
    /// behind it.
    void retain() noexcept;
    void release() noexcept { buffer_.release(); }

    /// Sends a complete message, in one system call: `head` and `body` as one piece where both fit
    /// into the head's memory, gathered otherwise. Both stay valid until the await is over.
    io::socket::send_awaiter send(head_builder& head, std::span<const std::byte> body = {},
                                  stop_token stop = {});
    /// Sends bytes as they are.
    io::socket::send_awaiter send(std::span<const std::byte> head,
                                  std::span<const std::byte> body = {},
                                  std::span<const std::byte> tail = {},
                                  stop_token stop = {}) noexcept {
        return stream_.send(head, body, tail, stop);
    }
    /// Sends `body`, which is not empty, as one chunk, behind `head` where that is given (the first
    /// chunk).
    io::socket::send_awaiter send_chunk(std::span<const std::byte> body,
                                        head_builder* head = nullptr, stop_token stop = {});
    /// Ends a chunked body, behind what `pending` has (the head of an empty one), with trailers:
    /// complete lines.
    io::socket::send_awaiter send_last_chunk(head_builder& pending, std::string_view trailers = {},
                                             stop_token stop = {});

    /// Before a read of a message that the peer owes, whose end is no news alone, and which will be
    /// about `bytes` long: the read sleeps through so many (see `io::socket::sleep_through`), and a
    /// request to end (io/termination.hpp) that cuts it does not keep the message from being read.
    void sleep_through(std::size_t bytes) noexcept {
        stream_.sleep_through(bytes);
        is_owed_ = true;
    }

    io::socket& stream() noexcept { return stream_; }
    receive_buffer& buffer() noexcept { return buffer_; }

    /// Bytes received so far, over all messages, and whether a read is waiting for more: for who
    /// enforces timeouts.
    std::uint64_t bytes_received() const noexcept { return bytes_received_; }
    /// Of these, those of messages that have been read to their end.
    std::uint64_t bytes_read() const noexcept {
        SPRY_ASSERT(at_message_end());
        return bytes_received_ - buffer_.size();
    }
    bool is_waiting() const noexcept { return waiting_; }
    /// True while nothing of a next message has come.
    bool is_idle() const noexcept { return phase_ != phase::body && buffer_.empty(); }

private:
    enum class goal : std::uint8_t { head, whole, body, some };
    enum class phase : std::uint8_t { between, head, body };

    // What a step of reading found: that the goal is reached, or which bytes it needs first.
    struct step {
        enum class kind : std::uint8_t { done, closed, failed, recv, recv_all };
        kind what;
        std::optional<std::error_code> error = {}; // of a failed one
        std::span<std::byte> room = {};
    };

    task<result<arrival>> pump(message* into, goal until, stop_token stop, bool answers_head);
    bool waits_for_rest(bool is_owed) noexcept;
    step advance(message& into, goal until);
    step advance_head(message& into, goal until);
    step advance_body(message& into, goal until);
    step advance_some(message& into);
    step advance_chunks(message& into, goal until);
    step chunks_completed(message& into, goal until);
    step end_of_stream(message& into, goal until) noexcept;
    bool only_line_ends() noexcept;
    step end_body_with_room(message& into, std::size_t body_bytes, std::size_t framing_bytes);
    step end_body(message& into, std::size_t body_bytes, std::size_t framing_bytes) noexcept;
    step receive_more(std::size_t room_bytes_min, std::size_t room_bytes);
    static step failed(std::error_code error) noexcept { return {step::kind::failed, error}; }

    io::socket stream_;
    receive_buffer& buffer_;
    connection_options options_;
    parser parser_;
    phase phase_ = phase::between;
    bool waiting_ = false;
    bool is_owed_ = false; // the message that is read next
    std::uint16_t waits_for_rest_ = 0;
    int interim_answers_ = 0;
    std::uint64_t length_left_ = 0; // of a body with a length: what was not given out yet
    std::size_t body_bytes_ = 0;    // at the front of the buffer: body bytes collected
    std::size_t given_out_ = 0;     // of these, by the last read of some: gone with the next read
    std::size_t framing_bytes_ = 0; // behind those given out last: the end of a chunked body
    bool chunks_ended_ = false;
    std::uint64_t bytes_received_ = 0;
    std::array<char, 24> chunk_line_;
};

} // namespace spry::http
