// SPDX-License-Identifier: Apache-2.0
#include <spry/http/client.hpp>

#include <spry/core/assert.hpp>

#include <string>
#include <utility>

namespace spry::http {

client::client(io::event_loop& loop, const io::address& peer, std::span<std::byte> memory,
               const client_options& options) noexcept
    : loop_(loop), peer_(peer), options_(options), buffer_(memory) {}

client::client(io::event_loop& loop, const io::address& peer,
               const client_options& options) noexcept
    : loop_(loop), peer_(peer), options_(options), buffer_(client_buffer_bytes) {}

result<> client::connect_blocking() noexcept {
    disconnect();
    result<io::socket> connected = io::socket::connect_blocking(loop_, peer_);
    if (!connected)
        return failure(connected.error());
    adopt(std::move(*connected));
    return {};
}

void client::adopt(io::socket stream) noexcept {
    const connection_options options{message_kind::response, options_.head_bytes_max,
                                     options_.body_bytes_max, bytes_behind_event};
    wire_.emplace(std::move(stream), buffer_, options);
}

connection& client::wire() noexcept {
    SPRY_ASSERT(wire_.has_value());
    return *wire_;
}

// Anything but a whole answer leaves the connection in a state that no other request should meet.
void client::keep_or_drop(const result<arrival>& outcome, const message& answer) noexcept {
    const bool stays = outcome && *outcome == arrival::message && answer.keeps_alive();
    if (!stays)
        disconnect();
}

task<result<arrival>> client::read_answer(message* answer, stop_token stop) {
    result<arrival> outcome = co_await wire().read_message(answer, stop);
    if (!outcome && outcome.error() == std::errc::no_buffer_space) {
        buffer_.release();
        outcome = co_await wire().read_message(answer, stop);
    }
    keep_or_drop(outcome, *answer);
    co_return outcome;
}

// The answer is awaited while the request may still be on its way: a server that refuses a body
// answers early and stops reading, and whoever only sent would wait for ever, or see the reset
// instead of the answer.
task<result<arrival>> client::round_trip(io::send_parts request, message* answer, stop_token stop,
                                         bool answers_head) {
    connection& link = wire();
    io::socket::send_awaiter sending = link.send(request[0], request[1], request[2], stop);
    sending.start();
    result<arrival> outcome = co_await link.read_message(answer, stop, answers_head);
    const bool lacks_room = !outcome && outcome.error() == std::errc::no_buffer_space;
    // Whoever answers before the request is through, and not with a success, does not want the rest
    // of it.
    const bool is_accepted = outcome && *outcome == arrival::message && answer->is_success();
    if (!lacks_room && !is_accepted && sending.record().state == io::operation::progress::pending)
        link.stream().shutdown_both();
    const result<std::size_t> sent = co_await std::move(sending);
    if (lacks_room) {
        // What was borrowed from the retained message has been sent, or never will be.
        buffer_.release();
        outcome = co_await link.read_message(answer, stop, answers_head);
    }
    // A request of which a part is missing leaves the connection out of step, whatever the answer
    // says.
    if (!sent && wire_)
        disconnect();
    keep_or_drop(outcome, *answer);
    co_return outcome;
}

task<result<arrival>> client::request(simple_request what, message* answer, stop_token stop) {
    if (!is_connected()) {
        const result<> connected = co_await connect(stop);
        if (!connected)
            co_return failure(connected.error());
    }
    const std::string host = peer_.to_string();
    inline_head_builder head;
    head.request_line(what.method, what.target).known_header("Host", host);
    bool well_formed = true;
    for (const field& line : what.headers)
        well_formed = head.header(line.name, line.value) && well_formed;
    if (!well_formed)
        co_return failure(std::errc::invalid_argument);
    if (!what.body.empty() || what.method == "POST" || what.method == "PUT")
        head.content_length(what.body.size());
    head.end_head();
    const bool answers_head = what.method == "HEAD";
    const io::send_parts whole{head.bytes(), what.body, {}};
    result<arrival> outcome = co_await round_trip(whole, answer, stop, answers_head);
    co_return outcome;
}

} // namespace spry::http
