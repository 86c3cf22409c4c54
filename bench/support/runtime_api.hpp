// SPDX-License-Identifier: Apache-2.0
// The service's side of the Runtime API, as little as it takes to feed one function: blocking, one
// connection at a time, nothing allocated between two messages. Not the emulator: what is measured
// must not share code with what measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class request_kind { next, response, error, other };

struct request {
    request_kind kind = request_kind::other;
    std::string_view target; ///< the path; valid until the next read
    std::string_view body;   ///< valid until the next read; of a body in chunks, its first MiB
    std::uint64_t body_bytes = 0;
    std::uint64_t chunks = 0; ///< where the body came in chunks
    /// When the first byte of a payload's chunk was there, in nanoseconds of CLOCK_MONOTONIC.
    std::uint64_t first_byte_ns = 0;
    bool has_trailers = false; ///< behind its chunks
    bool closes = false;       ///< the function will not use this connection again
};

/// One message with an event in it, whole; the number of the invocation stands in its request id.
class event_message {
public:
    /// An event of exactly `bytes` bytes of JSON: "{}", or an object with a member `name`; of 0,
    /// none.
    explicit event_message(std::size_t bytes);
    /// The event that is given.
    explicit event_message(const std::string& event);
    /// The bytes to send for invocation `number`; valid until the next call.
    std::string_view numbered(std::uint64_t number);
    /// Whether `target` is the path under which that invocation is answered.
    bool is_answer(std::string_view target) const;
    std::string_view event() const { return std::string_view(text_).substr(event_at_); }

private:
    std::string text_;
    std::size_t digits_at_ = 0; ///< the request id's last 12 characters
    std::size_t event_at_ = 0;
};

/// A listening loopback port and the connection of the function behind it.
///
/// Every wait is bounded by `seconds`. What goes wrong (time, an end, a message that is none) is
/// thrown as std::runtime_error with a sentence about the function.
class runtime_api {
public:
    explicit runtime_api(unsigned seconds = 30);
    runtime_api(const runtime_api&) = delete;
    runtime_api& operator=(const runtime_api&) = delete;
    ~runtime_api();

    /// "127.0.0.1:PORT"
    const std::string& address() const noexcept { return address_; }

    /// Waits for a connection, in place of the one there was.
    void accept();
    /// Waits until something comes on any connection, old or new, and goes on with that one: some
    /// functions send answers on another one than that on which they ask for events.
    void accept_or_resume();
    void close() noexcept;

    /// The next whole request. The bodies of a large request are received, not kept forever. Of a
    /// body in chunks those below `payload_chunk_min` bytes are no payload, but what comes before.
    request read(std::size_t payload_chunk_min = 1);
    /// As read, and throws where the request is of another kind.
    request expect(request_kind kind, std::size_t payload_chunk_min = 1);
    /// More bytes than those of the last request have arrived.
    bool has_more() const noexcept { return end_ != begin_; }

    void send(std::string_view bytes);
    /// Both in one write.
    void send(std::string_view first, std::string_view second);
    /// "202 Accepted", the answer to every post.
    static std::string_view accepted() noexcept;

private:
    void accept_one();
    void receive();
    std::string_view line();
    void read_chunks(request& of, std::size_t payload_chunk_min);

    unsigned seconds_;
    int listening_ = -1;
    int connection_ = -1;
    std::vector<int> others_;
    std::string address_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0; ///< what has been received and not been read
    std::size_t end_ = 0;
    std::string chunked_target_; ///< copies, of a request that does not stay in the buffer
    std::string chunked_body_;
};

} // namespace bench
