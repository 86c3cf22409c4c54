// SPDX-License-Identifier: Apache-2.0
#include <spry/http/connection.hpp>

#include "support/wire.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spry::http {
namespace {

using tests::bytes_of;
using tests::reading_end;

enum class way { whole, chunks, chunks_with_trailers };

task<> send_message(reading_end* end, way how, std::string body) {
    inline_head_builder head;
    head.status_line(200);
    if (how == way::whole) {
        head.content_length(body.size()).end_head();
        (void)co_await end->wire.send(head, bytes_of(body));
    } else {
        head.known_header("Transfer-Encoding", "chunked").end_head();
        (void)co_await end->wire.send_chunk(bytes_of(body), &head);
        (void)co_await end->wire.send_chunk(bytes_of("second"));
        head.clear();
        const std::string_view trailers = how == way::chunks ? "" : "T: 1\r\n";
        (void)co_await end->wire.send_last_chunk(head, trailers);
    }
    end->wire.stream().shutdown_send();
}

std::string what_arrives(way how, const std::string& body) {
    reading_end end{message_kind::request};
    struct both {
        static task<std::string> run(reading_end* end, way how, std::string body) {
            task_scope scope;
            scope.spawn(send_message(end, how, std::move(body)));
            std::string all = co_await tests::read_all(&end->peer());
            co_await scope.join();
            co_return all;
        }
    };
    return end.loop->run(both::run(&end, how, body));
}

TEST(connection, sends_head_and_body) {
    for (const std::size_t size : {1u, 10u, 1990u, 3000u, 1'000'000u}) {
        const std::string body(size, 'b');
        EXPECT_EQ(what_arrives(way::whole, body),
                  "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body);
    }
}

TEST(connection, sends_chunks) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(what_arrives(way::chunks, "0123456789"),
              head + "a\r\n0123456789\r\n6\r\nsecond\r\n0\r\n\r\n");
    const std::string large(300'000, 'b');
    EXPECT_EQ(what_arrives(way::chunks, large),
              head + "493e0\r\n" + large + "\r\n6\r\nsecond\r\n0\r\n\r\n");
    EXPECT_EQ(what_arrives(way::chunks_with_trailers, "x"),
              head + "1\r\nx\r\n6\r\nsecond\r\n0\r\nT: 1\r\n\r\n");
}

} // namespace
} // namespace spry::http
