// SPDX-License-Identifier: Apache-2.0
#include <spry/http/connection.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/termination.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

namespace spry::http {

namespace {

// Less room than this is not worth a system call of its own, where memory can be had.
constexpr std::size_t useful_room_bytes = 512;
constexpr std::size_t head_step_bytes = 1024;
// A body that is read in pieces is read in pieces of about this size.
constexpr std::size_t piece_bytes = 64 * 1024;

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span{text});
}

// How often, and how long each time: as long as Lambda lets a process live that it has told to end
// (runtime-contract 1.9).
constexpr std::uint16_t waits_for_rest_max = 2000;
constexpr std::chrono::milliseconds wait_for_rest_time{1};

} // namespace

connection::connection(io::socket stream, receive_buffer& buffer,
                       const connection_options& options) noexcept
    : stream_(std::move(stream)),
      buffer_(buffer),
      options_(options),
      parser_(options.reads, options.head_bytes_max) {
    buffer_.discard();
}

task<result<arrival>> connection::read_message(message* into, stop_token stop, bool answers_head) {
    return pump(into, goal::whole, stop, answers_head);
}

task<result<arrival>> connection::read_head(message* into, stop_token stop, bool answers_head) {
    return pump(into, goal::head, stop, answers_head);
}

task<result<>> connection::read_body(message* of, stop_token stop) {
    const result<arrival> read = co_await pump(of, goal::body, stop, false);
    if (!read)
        co_return failure(read.error());
    co_return result<>{};
}

task<result<std::span<const std::byte>>> connection::read_some(message* of, stop_token stop) {
    const result<arrival> read = co_await pump(of, goal::some, stop, false);
    if (!read)
        co_return failure(read.error());
    given_out_ = body_bytes_;
    co_return std::span<const std::byte>{buffer_.data(), body_bytes_};
}

// The one loop of reading. A step looks at what is there, in plain functions, and says which bytes
// it lacks.
task<result<arrival>> connection::pump(message* into, goal until, stop_token stop,
                                       bool answers_head) {
    if (until == goal::head || until == goal::whole) {
        SPRY_ASSERT(phase_ != phase::body || until == goal::whole);
        if (phase_ == phase::between) { // else a read that could not finish goes on
            buffer_.start_message();
            parser_.start(*into, answers_head);
            phase_ = phase::head;
            interim_answers_ = 0;
        }
    } else {
        const std::size_t given_out = std::exchange(given_out_, 0);
        buffer_.consume(given_out);
        body_bytes_ -= given_out;
    }
    const bool is_owed = std::exchange(is_owed_, false);
    for (;;) {
        const step next = advance(*into, until);
        if (next.what == step::kind::done)
            co_return arrival::message;
        if (next.what == step::kind::closed)
            co_return arrival::closed;
        if (next.what == step::kind::failed)
            co_return failure(*next.error);

        const io::opcode code =
            next.what == step::kind::recv_all ? io::opcode::recv_all : io::opcode::recv;
        io::socket::recv_awaiter receiving{stream_, code, next.room, stop};
        const io::operation& operation = receiving.record();
        waiting_ = true;
        const result<std::size_t> received = co_await std::move(receiving);
        waiting_ = false;
        // A body's rest that is cancelled in the middle has left its first bytes in the buffer.
        const std::size_t count = received ? *received : operation.transferred;
        buffer_.received(count);
        bytes_received_ += count;
        if (received && count > 0)
            continue;
        if (!received && received.error() != std::errc::connection_reset)
            co_return failure(received.error());
        if (received && waits_for_rest(is_owed))
            continue;
        const step last = end_of_stream(*into, until);
        if (last.what == step::kind::closed)
            co_return arrival::closed;
        if (last.what == step::kind::failed)
            co_return failure(*last.error);
        if (!received)
            co_return failure(errc::connection_closed); // a reset ends no body
        co_return arrival::message;
    }
}

// A request to end that has come behind the first bytes of a message has cut the receive, and the
// rest is on its way nevertheless. Of a message that has not begun nothing is missed, unless it is
// owed. The thread sleeps: a socket that is cut counts as readable for good, and no loop can wait
// for it.
bool connection::waits_for_rest(bool is_owed) noexcept {
    const bool has_begun = phase_ != phase::head || !only_line_ends();
    if (!io::termination::requested() || !(has_begun || is_owed) ||
        waits_for_rest_ == waits_for_rest_max || !stream_.peer_may_send())
        return false;
    ++waits_for_rest_;
    std::this_thread::sleep_for(wait_for_rest_time);
    return true;
}

connection::step connection::advance(message& into, goal until) {
    if (phase_ == phase::head)
        return advance_head(into, until);
    if (until == goal::some)
        return advance_some(into);
    return advance_body(into, until);
}

connection::step connection::advance_head(message& into, goal until) {
    if (buffer_.empty())
        return receive_more(1, head_step_bytes);
    for (;;) {
        const std::string_view all{reinterpret_cast<const char*>(buffer_.data()), buffer_.size()};
        switch (parser_.parse_head(all)) {
        case parser::outcome::incomplete:
            return receive_more(1, std::max(buffer_.size(), head_step_bytes));
        case parser::outcome::malformed:
            return failed(errc::malformed_message);
        case parser::outcome::too_large:
            return failed(errc::head_too_large);
        case parser::outcome::complete:
            break;
        }
        buffer_.consume(parser_.head_size());
        const bool is_interim =
            options_.reads == message_kind::response && into.status() / 100 == 1;
        if (!is_interim)
            break;
        // 101 would hand the connection to a protocol that nobody asked for.
        if (into.status() == 101 || ++interim_answers_ > interim_answers_max)
            return failed(errc::unexpected_message);
        parser_.restart();
    }
    buffer_.pin();
    body_bytes_ = 0;
    framing_bytes_ = 0;
    chunks_ended_ = false;
    length_left_ = into.content_length();
    phase_ = phase::body;
    // Only servers look for what comes behind a message without a body (`peer_gone`).
    if (into.framing() == body_framing::none && options_.reads == message_kind::request)
        return end_body_with_room(into, 0, 0);
    if (into.framing() == body_framing::none)
        return end_body(into, 0, 0);
    if (until == goal::head)
        return {step::kind::done};
    return advance_body(into, until);
}

// Collects the whole body at the front of the buffer.
connection::step connection::advance_body(message& into, goal until) {
    if (phase_ == phase::between)
        return {step::kind::done};
    switch (into.framing()) {
    case body_framing::none:
        break;
    case body_framing::length: {
        // Not in the size of memory, whatever a peer announces.
        if (length_left_ > options_.body_bytes_max)
            return failed(errc::body_too_large);
        const auto length = static_cast<std::size_t>(length_left_);
        const std::size_t behind =
            buffer_.is_retained() ? 0 : padding_bytes + options_.bytes_behind_body;
        const result<> room = buffer_.make_room(length, behind);
        if (!room)
            return failed(room.error());
        if (buffer_.size() >= length)
            return end_body(into, length, 0);
        // A server sees its peer get on, which a receive of everything does not tell.
        const step::kind what =
            options_.reads == message_kind::request ? step::kind::recv : step::kind::recv_all;
        return {what, {}, buffer_.room().first(length - buffer_.size())};
    }
    case body_framing::chunked:
        return advance_chunks(into, until);
    case body_framing::until_close:
        body_bytes_ = buffer_.size();
        if (body_bytes_ > options_.body_bytes_max)
            return failed(errc::body_too_large);
        return receive_more(useful_room_bytes, std::max(body_bytes_, piece_bytes));
    }
    return end_body(into, 0, 0);
}

// Gives out what is there of the body.
connection::step connection::advance_some(message& into) {
    // Bytes that are there have been collected by a read of the whole, which was cancelled.
    if (phase_ == phase::between || body_bytes_ > 0)
        return {step::kind::done};
    buffer_.rewind();
    if (into.framing() == body_framing::chunked)
        return advance_chunks(into, goal::some);
    std::uint64_t available = buffer_.size();
    std::uint64_t expected = piece_bytes;
    if (into.framing() == body_framing::length) {
        if (length_left_ == 0)
            return end_body(into, 0, 0);
        available = std::min(available, length_left_);
        expected = std::min(expected, length_left_);
        length_left_ -= available;
    }
    body_bytes_ = static_cast<std::size_t>(available);
    if (body_bytes_ > 0)
        return {step::kind::done};
    return receive_more(static_cast<std::size_t>(expected), static_cast<std::size_t>(expected));
}

// In front of the buffer: the body bytes collected so far. Behind them: what was received since,
// not decoded yet.
connection::step connection::advance_chunks(message& into, goal until) {
    if (chunks_ended_)
        return chunks_completed(into, until);
    const std::size_t raw_bytes = buffer_.size() - body_bytes_;
    if (raw_bytes > 0) {
        char* raw = reinterpret_cast<char*>(buffer_.data()) + body_bytes_;
        const parser::chunk_progress progress = parser_.parse_chunks(raw, raw, raw_bytes);
        body_bytes_ += progress.body_bytes;
        if (until != goal::some && body_bytes_ > options_.body_bytes_max)
            return failed(errc::body_too_large);
        if (progress.found == parser::outcome::malformed)
            return failed(errc::malformed_message);
        if (progress.found == parser::outcome::too_large)
            return failed(errc::head_too_large);
        if (progress.found == parser::outcome::complete) {
            framing_bytes_ = progress.consumed - progress.body_bytes;
            chunks_ended_ = true;
            return chunks_completed(into, until);
        }
        // All of it was decoded: the next bytes are received close behind the body.
        buffer_.shorten(raw_bytes - progress.body_bytes);
    }
    if (until == goal::some) {
        if (body_bytes_ > 0)
            return {step::kind::done};
        return receive_more(useful_room_bytes, piece_bytes);
    }
    return receive_more(useful_room_bytes, std::max(body_bytes_, buffer_.size()));
}

connection::step connection::chunks_completed(message& into, goal until) {
    if (until == goal::some) {
        if (body_bytes_ == 0)
            return end_body(into, 0, framing_bytes_);
        return {step::kind::done};
    }
    return end_body_with_room(into, body_bytes_, framing_bytes_);
}

// With room for what may be received behind it while it is retained. In one copy: it is seldom a
// function's business.
[[gnu::noinline]] connection::step
connection::end_body_with_room(message& into, std::size_t body_bytes, std::size_t framing_bytes) {
    if (!buffer_.is_retained()) {
        const result<> room =
            buffer_.make_room(buffer_.size(), padding_bytes + options_.bytes_behind_body);
        if (!room)
            return failed(room.error());
    }
    return end_body(into, body_bytes, framing_bytes);
}

connection::step connection::end_body(message& into, std::size_t body_bytes,
                                      std::size_t framing_bytes) noexcept {
    into.body_ = {buffer_.data(), body_bytes};
    buffer_.consume(body_bytes + framing_bytes);
    body_bytes_ = 0;
    given_out_ = 0;
    length_left_ = 0;
    phase_ = phase::between;
    return {step::kind::done};
}

// The peer will send no more. Between messages that is a way to say goodbye, and where a body has
// no length its end.
connection::step connection::end_of_stream(message& into, goal until) noexcept {
    if (phase_ == phase::head && interim_answers_ == 0 && only_line_ends()) {
        phase_ = phase::between;
        return {step::kind::closed};
    }
    if (phase_ == phase::body && into.framing() == body_framing::until_close)
        return end_body(into, until == goal::some ? 0 : buffer_.size(), 0);
    return failed(errc::connection_closed);
}

// A message has not begun with empty lines in front of it (RFC 9112 2.2).
bool connection::only_line_ends() noexcept {
    const std::span<const std::byte> received{buffer_.data(), buffer_.size()};
    return std::ranges::all_of(received, [](std::byte byte) {
        return byte == std::byte{'\r'} || byte == std::byte{'\n'};
    });
}

// Receives into the room there is, if it has `room_bytes_min`, else into `room_bytes` that are
// made.
connection::step connection::receive_more(std::size_t room_bytes_min, std::size_t room_bytes) {
    if (buffer_.room().size() < room_bytes_min) {
        const result<> made = buffer_.make_room(buffer_.size() + room_bytes);
        if (!made && buffer_.room().empty())
            return failed(made.error());
    }
    return {step::kind::recv, {}, buffer_.room()};
}

void connection::retain() noexcept {
    SPRY_ASSERT(at_message_end());
    buffer_.retain();
}

io::socket::send_awaiter connection::send(head_builder& head, std::span<const std::byte> body,
                                          stop_token stop) {
    if (!body.empty() && head.has_room_for(body.size())) {
        head.append(body);
        body = {};
    }
    return stream_.send(head.bytes(), body, {}, stop);
}

io::socket::send_awaiter connection::send_chunk(std::span<const std::byte> body, head_builder* head,
                                                stop_token stop) {
    SPRY_ASSERT(!body.empty()); // an empty chunk would be the last
    const std::span<const std::byte> line_end = bytes_of("\r\n");
    if (head == nullptr) {
        char* end = std::to_chars(chunk_line_.data(), chunk_line_.data() + 16, body.size(), 16).ptr;
        *end++ = '\r';
        *end++ = '\n';
        const std::string_view line{chunk_line_.data(), end};
        return stream_.send(bytes_of(line), body, line_end, stop);
    }
    head->append_hex(body.size()).append("\r\n");
    if (!head->has_room_for(body.size() + line_end.size()))
        return stream_.send(head->bytes(), body, line_end, stop);
    head->append(body).append(line_end);
    return stream_.send(head->bytes(), {}, {}, stop);
}

io::socket::send_awaiter connection::send_last_chunk(head_builder& pending,
                                                     std::string_view trailers, stop_token stop) {
    pending.append("0\r\n").append(trailers).append("\r\n");
    return stream_.send(pending.bytes(), {}, {}, stop);
}

} // namespace spry::http
