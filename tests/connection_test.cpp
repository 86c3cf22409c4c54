// SPDX-License-Identifier: Apache-2.0
// The messages of a stream, however it is cut: wire bytes on the left, what a reader sees on the
// right.
#include <spry/http/connection.hpp>

#include "support/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace spry::http {
namespace {

using tests::reading_end;

enum class reading { whole, in_pieces };

std::string describe_head(const message& read, message_kind kind) {
    std::string text = kind == message_kind::request
                           ? std::string{read.method()} + " " + std::string{read.target()}
                           : std::to_string(read.status());
    text += read.is_http_1_0() ? " 1.0" : " 1.1";
    text += read.keeps_alive() ? " keep" : " close";
    for (std::size_t i = 0; i < read.header_count(); ++i) {
        const field line = read.header_at(i);
        text += " (" + std::string{line.name} + "=" + std::string{line.value} + ")";
    }
    return text;
}

std::string describe_rest(const message& read, std::string_view body) {
    std::string text = " {" + std::string{body} + "}";
    for (std::size_t i = 0; i < read.trailer_count(); ++i) {
        const field line = read.trailer_at(i);
        text += " [" + std::string{line.name} + "=" + std::string{line.value} + "]";
    }
    return text;
}

task<std::string> read_one(reading_end* end, message_kind kind, reading how, bool answers_head) {
    message& read = end->message;
    result<arrival> found = arrival::closed;
    if (how == reading::whole) {
        found = co_await end->wire.read_message(&read, {}, answers_head);
    } else {
        found = co_await end->wire.read_head(&read, {}, answers_head);
    }
    if (!found)
        co_return "error: " + found.error().message();
    if (*found == arrival::closed)
        co_return "closed";
    std::string text = describe_head(read, kind);
    std::string body{read.text()};
    if (how == reading::in_pieces) {
        for (;;) {
            const result<std::span<const std::byte>> piece = co_await end->wire.read_some(&read);
            if (!piece)
                co_return text + " error: " + piece.error().message();
            if (piece->empty())
                break;
            body += tests::text_of(*piece);
        }
    }
    // The head's views must have survived the body.
    if (text != describe_head(read, kind))
        co_return "the head has changed";
    co_return text + describe_rest(read, body);
}

task<std::string> read_everything(reading_end* end, message_kind kind, reading how,
                                  bool answers_head) {
    std::string all;
    for (;;) {
        const std::string one = co_await read_one(end, kind, how, answers_head);
        all += one;
        if (one == "closed" || one.find("error: ") != std::string::npos)
            co_return all;
        all += "\n";
        // A body up to the close, or a goodbye: nobody reads on.
        if (!end->message.keeps_alive())
            co_return all;
    }
}

task<std::string> feed_and_read(reading_end* end, std::vector<std::string> pieces,
                                message_kind kind, reading how, bool answers_head) {
    task_scope scope;
    scope.spawn(tests::send_pieces(&end->peer(), &end->wire, std::move(pieces)));
    std::string all = co_await read_everything(end, kind, how, answers_head);
    co_await scope.join();
    co_return all;
}

struct wire_case {
    const char* name;
    message_kind kind;
    std::string bytes;
    std::string expected;
    bool answers_head = false;
};

std::string read_as(const wire_case& row, std::vector<std::string> pieces, reading how,
                    std::size_t buffer_bytes = client_buffer_bytes) {
    reading_end end{row.kind, {}, buffer_bytes};
    return end.loop->run(feed_and_read(&end, std::move(pieces), row.kind, how, row.answers_head));
}

const std::string malformed = "error: " + make_error_code(errc::malformed_message).message();
const std::string cut_off = "error: " + make_error_code(errc::connection_closed).message();
const std::string unexpected = "error: " + make_error_code(errc::unexpected_message).message();

constexpr auto request = message_kind::request;
constexpr auto response = message_kind::response;

std::vector<wire_case> wire_cases() {
    return {
        {"get", request, "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET /a?b=c 1.1 keep (Host=x) {}\nclosed"},
        {"empty_values_and_blanks", request,
         "GET / HTTP/1.1\r\nA:\r\nBB: \r\nC:  d e \t\r\nD:\r\n\r\n",
         "GET / 1.1 keep (A=) (BB=) (C=d e) (D=) {}\nclosed"},
        {"length", request, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
         "POST / 1.1 keep (Content-Length=5) {hello}\nclosed"},
        {"length_zero", request, "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
         "POST / 1.1 keep (Content-Length=0) {}\nclosed"},
        {"pipelined", request,
         "POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\n\r\n"
         "POST /3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /4 "
         "HTTP/1.1\r\n\r\n",
         "POST /1 1.1 keep (Content-Length=2) {ab}\nGET /2 1.1 keep {}\n"
         "POST /3 1.1 keep (Transfer-Encoding=chunked) {x}\nGET /4 1.1 keep {}\nclosed"},
        {"chunked", request,
         "POST / HTTP/1.1\r\nTransfer-Encoding: "
         "chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\n\r\n",
         "POST / 1.1 keep (Transfer-Encoding=chunked) {abc0123456789}\nclosed"},
        {"chunked_with_trailers", response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nOne: "
         "1\r\nNone:\r\nTwo: 2 \r\n\r\n",
         "200 1.1 keep (Transfer-Encoding=chunked) {hi} [One=1] [None=] [Two=2]\nclosed"},
        {"chunked_and_empty", response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "200 1.1 keep (Transfer-Encoding=chunked) {}\nclosed"},
        {"close_asked_for", request, "GET / HTTP/1.1\r\nConnection: Close \r\n\r\n",
         "GET / 1.1 close (Connection=Close) {}\n"},
        {"http_1_0", request, "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close {}\n"},
        {"http_1_0_kept", request,
         "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
         "GET / 1.0 keep (Connection=keep-alive) {}\nGET / 1.0 close {}\n"},
        {"upgrade_is_ignored", request,
         "GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
         "GET / 1.1 keep (Upgrade=h2c) (Connection=Upgrade) {}\nGET /2 1.1 keep {}\nclosed"},
        {"empty_lines_in_front", request, "\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n",
         "GET / 1.1 keep {}\nclosed"},
        {"until_close", response, "HTTP/1.1 200 OK\r\n\r\nall the rest",
         "200 1.1 close {all the rest}\n"},
        {"until_close_and_empty", response, "HTTP/1.1 200 OK\r\n\r\n", "200 1.1 close {}\n"},
        {"interim_answers", response,
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\ny",
         "202 1.1 keep (Content-Length=1) {y}\nclosed"},
        {"no_content", response,
         "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
         "204 1.1 keep {}\n304 1.1 keep (Content-Length=7) {}\nclosed"},
        {"answer_to_head", response, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
         "200 1.1 keep (Content-Length=7) {}\nclosed", true},
        {"answer_to_head_chunked", response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         "200 1.1 keep (Transfer-Encoding=chunked) {}\nclosed", true},
        {"no_reason", response, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
         "200 1.1 keep (Content-Length=0) {}\nclosed"},
        {"nothing", request, "", "closed"},
        {"only_empty_lines", request, "\r\n\r\n", "closed"},

        {"cut_in_the_head", request, "GET / HTTP/1.1\r\nHos", cut_off},
        {"cut_in_the_body", response, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
         "200 1.1 keep (Content-Length=5) " + cut_off},
        {"cut_in_a_chunk", response, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
         "200 1.1 keep (Transfer-Encoding=chunked) " + cut_off},
        {"cut_before_the_last_chunk", response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
         "200 1.1 keep (Transfer-Encoding=chunked) " + cut_off},
        {"cut_behind_an_interim_answer", response, "HTTP/1.1 100 Continue\r\n\r\n", cut_off},
        {"switching_protocols", response,
         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
         unexpected},

        {"two_lengths", request,
         "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", malformed},
        {"length_and_chunked", request,
         "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         malformed},
        {"chunked_and_length", response,
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
         malformed},
        {"coding_that_is_not_chunked", request,
         "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", malformed},
        {"length_with_a_sign", request, "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
         malformed},
        {"length_too_long_for_64_bits", request,
         "POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n", malformed},
        {"folded_line", request, "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", malformed},
        {"space_before_colon", request, "GET / HTTP/1.1\r\nA : b\r\n\r\n", malformed},
        {"nul_in_a_value", request, std::string{"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26},
         malformed},
        {"bare_line_feeds", request, "GET / HTTP/1.1\nA: b\n\n", malformed},
        {"bad_chunk_size", request, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
         "POST / 1.1 keep (Transfer-Encoding=chunked) " + malformed},
        {"chunk_longer_than_it_says", request,
         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
         "POST / 1.1 keep (Transfer-Encoding=chunked) " + malformed},
        {"http_0_9", request, "GET /\r\n\r\n", malformed},
        {"http_2_preface", request, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", malformed},
        {"http_2_version", request, "GET / HTTP/2.0\r\n\r\n", malformed},
        {"unknown_method", request, "FROB / HTTP/1.1\r\n\r\n", malformed},
        {"not_http", request, "\x16\x03\x01 hello", malformed},
        {"status_below_100", response, "HTTP/1.1 099 x\r\n\r\n", malformed},
    };
}

class connection_wire : public testing::TestWithParam<wire_case> {
protected:
    // A whole read says nothing of a head whose body failed; a read in pieces has seen it.
    static std::string expected(reading how) {
        const std::string& all = GetParam().expected;
        const std::size_t error = all.find("error: ");
        if (how == reading::in_pieces || error == std::string::npos)
            return all;
        const std::size_t line = all.rfind('\n', error);
        return all.substr(0, line == std::string::npos ? 0 : line + 1) + all.substr(error);
    }
};

TEST_P(connection_wire, is_read_whole) {
    for (const reading how : {reading::whole, reading::in_pieces})
        EXPECT_EQ(read_as(GetParam(), {GetParam().bytes}, how), expected(how));
}

TEST_P(connection_wire, is_read_byte_by_byte) {
    std::vector<std::string> bytes;
    for (const char c : GetParam().bytes)
        bytes.emplace_back(1, c);
    for (const reading how : {reading::whole, reading::in_pieces}) {
        EXPECT_EQ(read_as(GetParam(), bytes, how), expected(how));
        EXPECT_EQ(read_as(GetParam(), bytes, how, 256), expected(how)) << "in a buffer that grows";
    }
}

TEST_P(connection_wire, is_read_at_every_split) {
    const std::string& all = GetParam().bytes;
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
        for (const reading how : {reading::whole, reading::in_pieces})
            ASSERT_EQ(read_as(GetParam(), {all.substr(0, cut), all.substr(cut)}, how),
                      expected(how))
                << "cut at " << cut;
    }
}

INSTANTIATE_TEST_SUITE_P(table, connection_wire, testing::ValuesIn(wire_cases()),
                         [](const auto& each) { return std::string{each.param.name}; });

} // namespace
} // namespace spry::http
