// SPDX-License-Identifier: Apache-2.0
#include "support/messages.hpp"

#include "support/memory_backend.hpp"

#include <spry/core/assert.hpp>
#include <spry/core/task.hpp>
#include <spry/http/connection.hpp>
#include <spry/http/limits.hpp>
#include <spry/http/receive_buffer.hpp>
#include <spry/io/socket.hpp>

#include <array>
#include <string>
#include <system_error>
#include <vector>

namespace spry::fuzz {

std::string story_of(const http::message& read, std::string_view body) {
    std::string story{read.method()};
    story += ' ' + std::string{read.target()} + ' ' + std::to_string(read.status());
    story += read.is_http_1_0() ? " 1.0" : " 1.1";
    story += read.keeps_alive() ? " keeps alive" : " closes";
    story += read.expects_continue() ? " expects" : "";
    story += " framing " + std::to_string(static_cast<int>(read.framing()));
    story += " length " + std::to_string(read.content_length());
    for (std::size_t i = 0; i != read.header_count(); ++i) {
        const http::field line = read.header_at(i);
        SPRY_ASSERT(read.header(line.name).has_value());
        SPRY_ASSERT(line.name.find_first_of("\r\n:") == std::string_view::npos);
        SPRY_ASSERT(line.value.find_first_of("\r\n") == std::string_view::npos);
        story += "\n(" + std::string{line.name} + ")(" + std::string{line.value} + ")";
    }
    story += "\nbody " + std::string{body};
    for (std::size_t i = 0; i != read.trailer_count(); ++i) {
        const http::field line = read.trailer_at(i);
        story += "\n(" + std::string{line.name} + ")(" + std::string{line.value} + ")";
    }
    return story;
}

namespace {

constexpr int messages_max = 64;

// What simdjson does with a body: reads beyond its end.
void touch_padding(const http::message& read) {
    const volatile std::byte* behind = read.body().data() + read.body().size();
    for (std::size_t i = 0; i != http::padding_bytes; ++i)
        static_cast<void>(behind[i]);
}

std::string ending_of(const result<http::arrival>& last) {
    return last ? "closed" : "error: " + last.error().message();
}

task<std::string> read_whole(http::connection* wire) {
    std::string story;
    http::message read;
    for (int i = 0; i != messages_max; ++i) {
        const result<http::arrival> found = co_await wire->read_message(&read);
        if (!found || *found == http::arrival::closed)
            co_return story + ending_of(found);
        touch_padding(read);
        story += story_of(read, read.text()) + "\n\n";
    }
    co_return story;
}

task<std::string> read_in_pieces(http::connection* wire) {
    std::string story;
    http::message read;
    for (int i = 0; i != messages_max; ++i) {
        const result<http::arrival> found = co_await wire->read_head(&read);
        if (!found || *found == http::arrival::closed)
            co_return story + ending_of(found);
        std::string body;
        for (;;) {
            const result<std::span<const std::byte>> piece = co_await wire->read_some(&read);
            if (!piece)
                co_return story + "error: " + piece.error().message();
            if (piece->empty())
                break;
            body.append(reinterpret_cast<const char*>(piece->data()), piece->size());
        }
        story += story_of(read, body) + "\n\n";
    }
    co_return story;
}

// As a function reads: the event stays where it is while the next message is received behind it.
task<std::string> read_retaining(http::connection* wire) {
    std::string story;
    std::array<http::message, 2> messages;
    std::string borrowed; // what the retained one says
    for (std::size_t i = 0; i != messages_max; ++i) {
        http::message& read = messages[i % 2];
        const http::message& retained = messages[(i + 1) % 2];
        result<http::arrival> found = co_await wire->read_message(&read);
        if (i > 0)
            SPRY_ASSERT(story_of(retained, retained.text()) == borrowed);
        wire->release();
        if (!found && found.error() == std::errc::no_buffer_space)
            found = co_await wire->read_message(&read);
        if (!found || *found == http::arrival::closed)
            co_return story + ending_of(found);
        borrowed = story_of(read, read.text());
        story += borrowed + "\n\n";
        wire->retain();
    }
    wire->release();
    co_return story;
}

// Whether two ways of reading have told the same. What is not part of a chunked body is counted by
// the piece: with a small limit, one way may see a line end that another gives up on.
bool agree(const std::string& one, const std::string& other, bool limit_is_small) {
    if (one == other)
        return true;
    const std::string gave_up = "error: " + make_error_code(errc::head_too_large).message();
    const auto is_front = [&gave_up](std::string_view front, std::string_view of) {
        return front.ends_with(gave_up) &&
               of.starts_with(front.substr(0, front.size() - gave_up.size()));
    };
    return limit_is_small && (is_front(one, other) || is_front(other, one));
}

using way_to_read = task<std::string> (*)(http::connection* wire);

std::string read(std::vector<std::string_view> pieces, http::connection_options options,
                 std::size_t buffer_bytes, way_to_read way) {
    memory_stream stream{std::move(pieces), 0, {}};
    io::event_loop loop = make_memory_loop(stream);
    http::receive_buffer buffer{buffer_bytes};
    http::connection wire{io::socket{loop, io::unique_fd{}}, buffer, options};
    return loop.run(way(&wire));
}

} // namespace

void read_messages(http::message_kind kind, input from) {
    const std::uint8_t settings = from.byte();
    const std::uint8_t seed = from.byte();
    const std::string_view wire = from.rest();

    http::connection_options options;
    options.reads = kind;
    if ((settings & 1) != 0)
        options.head_bytes_max = 300;
    if ((settings & 2) != 0)
        options.body_bytes_max = 1000;
    const std::size_t small_buffer = (settings & 4) != 0 ? 512 : http::server_buffer_bytes;

    const std::string told = read(whole(wire), options, http::client_buffer_bytes, &read_whole);
    const auto same = [&](const std::string& other) {
        return agree(told, other, (settings & 1) != 0);
    };
    SPRY_ASSERT(same(read(in_pieces(wire, seed), options, small_buffer, &read_whole)));
    SPRY_ASSERT(same(read(byte_by_byte(wire), options, http::client_buffer_bytes, &read_whole)));
    SPRY_ASSERT(same(read(in_pieces(wire, seed), options, small_buffer, &read_retaining)));
    // Whoever takes pieces has no limit to the whole.
    if (told.ends_with("error: " + make_error_code(errc::body_too_large).message()))
        return;
    SPRY_ASSERT(same(read(in_pieces(wire, seed), options, small_buffer, &read_in_pieces)));
    SPRY_ASSERT(same(read(whole(wire), options, http::client_buffer_bytes, &read_in_pieces)));
}

} // namespace spry::fuzz
