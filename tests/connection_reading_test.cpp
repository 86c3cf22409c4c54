// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a message lie, how long they stay, and how much of them a connection takes.
#include <spry/http/connection.hpp>

#include "support/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace spry::http {
namespace {

using tests::reading_end;

std::string answer_of(std::size_t body_size, char fill = 'x') {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_size) + "\r\n\r\n" +
           std::string(body_size, fill);
}

std::string chunked_answer_of(std::size_t chunk_size, int count) {
    char line[32];
    (void)std::snprintf(line, sizeof line, "%zx\r\n", chunk_size);
    std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < count; ++i)
        text += line + std::string(chunk_size, 'x') + "\r\n";
    return text + "0\r\n\r\n";
}

task<result<arrival>> feed_and_read(reading_end* end, std::vector<std::string> pieces) {
    task_scope scope;
    scope.spawn(tests::send_pieces(&end->peer(), &end->wire, std::move(pieces)));
    result<arrival> found = co_await end->wire.read_message(&end->message);
    end->wire.stream().shutdown_both(); // ends a sender whose bytes nobody wants
    co_await scope.join();
    co_return found;
}

std::error_code error_of(const result<arrival>& outcome) {
    return outcome ? std::error_code{} : outcome.error();
}

std::error_code read_error(connection_options options, std::vector<std::string> pieces) {
    reading_end end{message_kind::response, options};
    return error_of(end.loop->run(feed_and_read(&end, std::move(pieces))));
}

TEST(connection, takes_a_body_of_exactly_the_limit) {
    connection_options options;
    options.body_bytes_max = 1000;
    EXPECT_EQ(read_error(options, {answer_of(1000)}), std::error_code{});
    EXPECT_EQ(read_error(options, {answer_of(1001)}), errc::body_too_large);
    EXPECT_EQ(read_error(options, {chunked_answer_of(500, 2)}), std::error_code{});
    EXPECT_EQ(read_error(options, {chunked_answer_of(1001, 1)}), errc::body_too_large);
    EXPECT_EQ(read_error(options, {"HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x')}),
              std::error_code{});
    EXPECT_EQ(read_error(options, {"HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x')}),
              errc::body_too_large);
}

TEST(connection, refuses_an_announced_length_before_it_takes_memory) {
    reading_end end{message_kind::response};
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n";
    EXPECT_EQ(error_of(end.loop->run(feed_and_read(&end, {head}))), errc::body_too_large);
    EXPECT_EQ(end.buffer.mapped_bytes(), 0u);
}

TEST(connection, refuses_a_head_beyond_the_limit) {
    connection_options options;
    options.head_bytes_max = 200;
    EXPECT_EQ(read_error(options, {"HTTP/1.1 200 OK\r\nA: " + std::string(200, 'x') + "\r\n\r\n"}),
              errc::head_too_large);
}

TEST(connection, takes_a_head_of_more_than_a_mebibyte_where_it_may) {
    connection_options options;
    options.head_bytes_max = runtime_api_head_bytes_max;
    reading_end end{message_kind::response, options, server_buffer_bytes};
    const std::string cause(1024 * 1024, 'c');
    const std::string text =
        "HTTP/1.1 200 OK\r\nCause: " + cause + "\r\nContent-Length: 2\r\n\r\nhi";
    EXPECT_EQ(error_of(end.loop->run(feed_and_read(&end, {text}))), std::error_code{});
    EXPECT_EQ(end.message.header("Cause"), cause);
    EXPECT_EQ(end.message.text(), "hi");
}

TEST(connection, refuses_endless_interim_answers) {
    std::string text;
    for (int i = 0; i <= interim_answers_max; ++i)
        text += "HTTP/1.1 102 Processing\r\n\r\n";
    EXPECT_EQ(read_error({}, {text}), errc::unexpected_message);
}

TEST(connection, never_moves_a_body_that_fits) {
    reading_end end{message_kind::response};
    const std::string text = answer_of(10'000);
    const std::size_t head_size = text.size() - 10'000;
    EXPECT_EQ(error_of(end.loop->run(feed_and_read(
                  &end, {text.substr(0, 100), text.substr(100, 5000), text.substr(5100)}))),
              std::error_code{});
    EXPECT_EQ(end.message.text(), std::string(10'000, 'x'));
    // The head begins at the front of the buffer, and its first header line behind the start line.
    const char* front = end.message.header_at(0).name.data() - std::strlen("HTTP/1.1 200 OK\r\n");
    EXPECT_EQ(end.message.text().data(), front + head_size);
    EXPECT_EQ(end.buffer.mapped_bytes(), 0u);
}

TEST(connection, maps_memory_for_a_body_of_the_size_its_head_announces) {
    for (const std::size_t size : {std::size_t{60'000}, std::size_t{6'291'556}}) {
        reading_end end{message_kind::response};
        EXPECT_EQ(error_of(end.loop->run(feed_and_read(&end, {answer_of(size)}))),
                  std::error_code{});
        EXPECT_EQ(end.message.text(), std::string(size, 'x'));
        EXPECT_EQ(end.message.header("Content-Length"), std::to_string(size));
        EXPECT_LE(end.buffer.mapped_bytes(), size + bytes_behind_event + 2 * padding_bytes + 4096);
        EXPECT_GE(end.buffer.room().size(), bytes_behind_event + padding_bytes);
    }
}

TEST(connection, closes_a_large_chunked_body_up) {
    reading_end end{message_kind::response};
    EXPECT_EQ(error_of(end.loop->run(feed_and_read(&end, {chunked_answer_of(7000, 300)}))),
              std::error_code{});
    EXPECT_EQ(end.message.text(), std::string(2'100'000, 'x'));
    EXPECT_EQ(end.message.header("Transfer-Encoding"), "chunked");
    EXPECT_GE(end.buffer.room().size(), bytes_behind_event);
}

task<std::string> read_event_then_answer(reading_end* end, std::string event, std::string answer,
                                         message* answer_read) {
    std::string story;
    const result<std::size_t> sent = co_await end->peer().send(tests::bytes_of(event));
    if (!sent)
        co_return "not sent";
    const result<arrival> first = co_await end->wire.read_message(&end->message);
    if (!first)
        co_return first.error().message();
    end->wire.retain();
    const std::string before{end->message.text()};
    const std::byte* body = end->message.body().data();
    const result<std::size_t> sent_too = co_await end->peer().send(tests::bytes_of(answer));
    if (!sent_too)
        co_return "not sent";
    result<arrival> second = co_await end->wire.read_message(answer_read);
    if (!second) {
        story =
            second.error() == std::errc::no_buffer_space ? "no room, " : second.error().message();
        if (end->message.text() != before)
            co_return "the event has changed";
        end->wire.release();
        second = co_await end->wire.read_message(answer_read);
        if (!second)
            co_return story + second.error().message();
        co_return story + std::to_string(answer_read->status()) + " " +
            std::to_string(answer_read->text().size());
    }
    if (end->message.text() != before || end->message.body().data() != body)
        co_return "the event has changed";
    if (answer_read->text().data() < end->message.text().data() + before.size() + padding_bytes)
        co_return "the answer lies in the event's padding";
    end->wire.release();
    co_return std::to_string(answer_read->status()) + " " + std::string{answer_read->text()};
}

TEST(connection, receives_an_answer_behind_the_event_that_is_borrowed) {
    for (const std::size_t size : {0u, 2u, 40'000u, 64'000u, 1'000'000u}) {
        reading_end end{message_kind::response};
        message answer;
        // What the socket pair holds at once is limited, so a large event gets a sender of its own
        // elsewhere.
        if (size > 100'000) {
            ASSERT_TRUE(end.loop->run(feed_and_read(&end, {answer_of(size)})).has_value());
            end.wire.retain();
            EXPECT_GE(end.buffer.room().size(), bytes_behind_event);
            end.wire.release();
            continue;
        }
        EXPECT_EQ(end.loop->run(read_event_then_answer(
                      &end, answer_of(size, 'e'),
                      "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge", &answer)),
                  "413 large")
            << size;
    }
}

TEST(connection, reads_on_after_the_release_of_an_event_that_left_no_room) {
    reading_end end{message_kind::response};
    message answer;
    EXPECT_EQ(end.loop->run(
                  read_event_then_answer(&end, answer_of(40'000, 'e'), answer_of(50'000), &answer)),
              "no room, 200 50000");
}

task<std::string> read_pipelined_events(reading_end* end, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string text = "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok" +
                                 answer_of(5000, static_cast<char>('a' + i % 26));
        const result<std::size_t> sent = co_await end->peer().send(tests::bytes_of(text));
        if (!sent)
            co_return "not sent";
        message accepted;
        const result<arrival> first = co_await end->wire.read_message(&accepted);
        if (!first)
            co_return first.error().message();
        end->wire.release();
        const result<arrival> second = co_await end->wire.read_message(&end->message);
        if (!second)
            co_return second.error().message();
        if (end->message.text() != std::string(5000, static_cast<char>('a' + i % 26)))
            co_return "wrong body";
        end->wire.retain();
    }
    end->wire.release();
    co_return "all read";
}

TEST(connection, reads_pipelined_events_for_ever_in_one_buffer) {
    reading_end end{message_kind::response};
    EXPECT_EQ(end.loop->run(read_pipelined_events(&end, 100)), "all read");
    EXPECT_EQ(end.buffer.mapped_bytes(), 0u);
}

// Until what was begun beside it waits.
task<> take_turns(reading_end* end) {
    for (int turn = 0; turn < 20; ++turn)
        (void)co_await end->loop->yield();
}

task<> stop_later(reading_end* end, stop_source* stop) {
    co_await take_turns(end);
    stop->request_stop();
}

// A third of the text is there before the read, a third comes while it waits, the last after it was
// stopped.
task<> send_and_stop(reading_end* end, std::string text, stop_source* stop) {
    co_await take_turns(end);
    (void)co_await end->peer().send(tests::bytes_of(text));
    co_await stop_later(end, stop);
}

task<std::string> stop_and_read_again(reading_end* end, std::string text) {
    const std::size_t third = text.size() / 3;
    const std::string first = text.substr(0, third);
    const result<std::size_t> sent = co_await end->peer().send(tests::bytes_of(first));
    if (!sent)
        co_return "not sent";
    stop_source stop;
    task_scope scope;
    scope.spawn(send_and_stop(end, text.substr(third, third), &stop));
    const result<arrival> stopped = co_await end->wire.read_message(&end->message, stop.token());
    co_await scope.join();
    std::string story = stopped                              ? "not stopped, "
                        : stopped.error() == errc::cancelled ? "cancelled, "
                                                             : "failed, ";
    const std::string last = text.substr(2 * third);
    const result<std::size_t> rest = co_await end->peer().send(tests::bytes_of(last));
    if (!rest)
        co_return "not sent";
    const result<arrival> read = co_await end->wire.read_message(&end->message);
    if (!read)
        co_return story + read.error().message();
    co_return story + std::string{end->message.text()};
}

TEST(connection, loses_nothing_when_a_read_is_cancelled) {
    for (const std::size_t size : {3u, 300u, 3000u}) {
        std::string body;
        for (std::size_t i = 0; i < size; ++i)
            body += static_cast<char>('a' + i % 26);
        const std::string text =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body;
        reading_end end{message_kind::response};
        EXPECT_EQ(end.loop->run(stop_and_read_again(&end, text)), "cancelled, " + body);
    }
}

struct pieces_seen {
    std::size_t total = 0;
    std::size_t largest = 0;
    std::string error;
};

task<pieces_seen> read_pieces(reading_end* end, std::string text) {
    task_scope scope;
    scope.spawn(tests::send_pieces(&end->peer(), &end->wire, {std::move(text)}));
    pieces_seen seen;
    const result<arrival> head = co_await end->wire.read_head(&end->message);
    if (!head)
        seen.error = head.error().message();
    while (seen.error.empty()) {
        const result<std::span<const std::byte>> piece =
            co_await end->wire.read_some(&end->message);
        if (!piece)
            seen.error = piece.error().message();
        if (!piece || piece->empty())
            break;
        seen.total += piece->size();
        seen.largest = std::max(seen.largest, piece->size());
    }
    co_await scope.join();
    co_return seen;
}

TEST(connection, reads_a_body_of_any_size_in_pieces_and_little_memory) {
    connection_options options;
    options.body_bytes_max = 1000; // of no concern to pieces
    for (const std::string& text : {answer_of(3'000'000), chunked_answer_of(30'000, 100)}) {
        reading_end end{message_kind::response, options, server_buffer_bytes};
        const pieces_seen seen = end.loop->run(read_pieces(&end, text));
        EXPECT_EQ(seen.error, "");
        EXPECT_EQ(seen.total, 3'000'000u);
        EXPECT_GT(seen.largest, 0u);
        EXPECT_LE(end.buffer.mapped_bytes(), 256u * 1024);
    }
}

// Some of the body, cut where the first text ends, then the rest of it whole.
task<std::string> read_some_then_body(reading_end* end, std::vector<std::string> texts) {
    task_scope scope;
    scope.spawn(tests::send_pieces(&end->peer(), &end->wire, std::move(texts)));
    const result<arrival> head = co_await end->wire.read_head(&end->message);
    if (!head)
        co_return head.error().message();
    const result<std::span<const std::byte>> some = co_await end->wire.read_some(&end->message);
    if (!some)
        co_return some.error().message();
    std::string story = tests::text_of(*some) + " ";
    const result<> rest = co_await end->wire.read_body(&end->message);
    story += rest ? std::string{end->message.text()} : rest.error().message();
    const result<arrival> next = co_await end->wire.read_message(&end->message);
    co_await scope.join();
    co_return story + " " + (next ? std::to_string(end->message.status()) : next.error().message());
}

TEST(connection, reads_the_rest_of_a_body_of_which_some_was_read) {
    const std::string next = answer_of(1).replace(9, 3, "201");
    const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::vector<std::vector<std::string>> cuts{
        {length + "ab", "cdef" + next},
        {length + "ab", "cd", "ef" + next},
        {chunked + "2\r\nab\r\n", "3\r\ncde\r\n1\r\nf\r\n0\r\n\r\n" + next},
        {chunked + "2\r\nab\r\n4\r\n", "cdef\r\n0\r\n\r\n" + next}};
    for (const std::vector<std::string>& texts : cuts) {
        reading_end end{message_kind::response};
        EXPECT_EQ(end.loop->run(read_some_then_body(&end, texts)), "ab cdef 201");
    }
    reading_end end{message_kind::response};
    EXPECT_EQ(end.loop->run(read_some_then_body(&end, {chunked + "2\r\nab\r\n0\r\n\r\n" + next})),
              "ab  201");
}

task<std::string> stop_then_read_some(reading_end* end, std::string begin, std::string rest) {
    (void)co_await end->peer().send(tests::bytes_of(begin));
    const result<arrival> head = co_await end->wire.read_head(&end->message);
    if (!head)
        co_return head.error().message();
    stop_source stop;
    task_scope scope;
    scope.spawn(stop_later(end, &stop));
    const result<> whole = co_await end->wire.read_body(&end->message, stop.token());
    co_await scope.join();
    std::string story = whole ? "whole, " : "cancelled, ";
    (void)co_await end->peer().send(tests::bytes_of(rest));
    end->peer().shutdown_send();
    for (;;) {
        const result<std::span<const std::byte>> some = co_await end->wire.read_some(&end->message);
        if (!some)
            co_return story + some.error().message();
        if (some->empty())
            co_return story;
        story += tests::text_of(*some);
    }
}

TEST(connection, gives_out_what_a_cancelled_read_has_collected) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    for (const auto& [begin, rest] :
         {std::pair<std::string, std::string>{head + "Content-Length: 6\r\n\r\nab", "cdef"},
          {head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "4\r\ncdef\r\n0\r\n\r\n"},
          {head + "\r\nab", "cdef"}}) {
        reading_end end{message_kind::response};
        EXPECT_EQ(end.loop->run(stop_then_read_some(&end, begin, rest)), "cancelled, abcdef");
    }
}

task<std::string> go_behind_a_request(reading_end* end, std::size_t head_bytes) {
    std::string text = "GET / HTTP/1.1\r\nCookie: ";
    text.append(head_bytes - text.size() - 4, 'c').append("\r\n\r\n");
    (void)co_await end->peer().send(tests::bytes_of(text));
    end->peer().shutdown_send();
    const result<arrival> read = co_await end->wire.read_message(&end->message);
    if (!read)
        co_return read.error().message();
    stop_source stop;
    task_scope scope;
    scope.spawn(stop_later(end, &stop));
    const result<> gone = co_await end->wire.peer_gone(stop.token());
    co_await scope.join();
    const bool is_whole = end->message.header_or_empty("Cookie").size() + 28 == head_bytes;
    co_return std::string{gone ? "gone" : "not seen"} +
        (is_whole ? "" : ", and the head is spoilt");
}

TEST(connection, sees_the_peer_go_behind_a_head_of_any_size) {
    connection_options options;
    options.bytes_behind_body = 1024;
    for (std::size_t head_bytes = 2800; head_bytes < 4200; head_bytes += 8) {
        reading_end end{message_kind::request, options, server_buffer_bytes};
        EXPECT_EQ(end.loop->run(go_behind_a_request(&end, head_bytes)), "gone") << head_bytes;
    }
}

task<std::string> wait_for_goodbye(reading_end* end, bool says_goodbye) {
    const std::string two = answer_of(2) + "HTTP/1.1 2";
    const result<std::size_t> sent = co_await end->peer().send(tests::bytes_of(two));
    if (!sent)
        co_return "not sent";
    const result<arrival> read = co_await end->wire.read_message(&end->message);
    if (!read)
        co_return read.error().message();
    stop_source stop;
    struct goodbye {
        static task<> run(reading_end* end, stop_source* stop, bool says_goodbye) {
            co_await take_turns(end);
            const result<std::size_t> more =
                co_await end->peer().send(tests::bytes_of("04 No Content\r\n\r\n"));
            if (more)
                co_await take_turns(end);
            if (says_goodbye) {
                end->peer().shutdown_send();
            } else {
                stop->request_stop();
            }
        }
    };
    task_scope scope;
    scope.spawn(goodbye::run(end, &stop, says_goodbye));
    const result<> gone = co_await end->wire.peer_gone(stop.token());
    co_await scope.join();
    std::string story = gone ? "gone" : gone.error() == errc::cancelled ? "stopped" : "failed";
    if (end->message.text() != "xx")
        co_return story + ", but the body has changed";
    end->wire.release();
    const result<arrival> next = co_await end->wire.read_message(&end->message);
    if (!next)
        co_return next.error().message();
    co_return story + ", then " + std::to_string(end->message.status());
}

TEST(connection, sees_the_peer_go_and_keeps_what_it_sent_before) {
    reading_end end{message_kind::response};
    EXPECT_EQ(end.loop->run(wait_for_goodbye(&end, true)), "gone, then 204");
}

TEST(connection, stops_waiting_for_the_peer_to_go) {
    reading_end end{message_kind::response};
    EXPECT_EQ(end.loop->run(wait_for_goodbye(&end, false)), "stopped, then 204");
}

} // namespace
} // namespace spry::http
