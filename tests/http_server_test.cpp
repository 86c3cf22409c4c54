// SPDX-License-Identifier: Apache-2.0
// A server over TCP, spoken to with raw bytes.
#include <spry/http/server.hpp>

#include "support/wire.hpp"

#include <spry/core/race.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/http/client.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spry::http {
namespace {

using tests::bytes_of;
using tests::read_all;
using tests::read_until;

// The paths of the test server.
class test_handler final : public request_handler {
public:
    explicit test_handler(io::event_loop& loop) : released_(loop), entered_(loop) {}

    task<> handle(exchange& exchange) override {
        const std::string path{exchange.path()};
        if (path == "/echo")
            return echo(&exchange);
        if (path == "/pieces")
            return count_pieces(&exchange);
        if (path == "/ignore")
            return ignore_body(&exchange);
        if (path == "/stream")
            return stream(&exchange);
        if (path == "/throw")
            return throw_something();
        if (path == "/throw-late")
            return throw_late(&exchange);
        if (path == "/silent")
            return stay_silent();
        if (path == "/no-content")
            return no_content(&exchange);
        if (path == "/wait")
            return wait(&exchange);
        if (path == "/hang")
            return hang(&exchange);
        return not_found(&exchange);
    }

    void release() { released_.set(); }
    task<result<>> entered() { return entered_.wait(); }
    const std::string& last_words() const { return last_words_; }

private:
    task<> echo(exchange* to) {
        const result<std::span<const std::byte>> body = co_await to->read_body();
        if (!body)
            co_return;
        // Views taken before the body was read are still good.
        to->add_header("X-Path", to->path());
        const result<> sent = co_await to->respond(200, *body);
        last_words_ = sent ? "sent" : "not sent";
    }
    task<> count_pieces(exchange* to) {
        std::size_t total = 0;
        for (;;) {
            const result<std::span<const std::byte>> piece = co_await to->read_some();
            if (!piece)
                co_return;
            if (piece->empty())
                break;
            total += piece->size();
        }
        const std::string text = std::to_string(total);
        (void)co_await to->respond(200, text);
    }
    task<> ignore_body(exchange* to) { (void)co_await to->respond(403, "no"); }
    task<> no_content(exchange* to) { (void)co_await to->respond(204, "never sent"); }
    task<> not_found(exchange* to) { (void)co_await to->respond(404); }
    task<> stream(exchange* to) {
        to->add_header("Trailer", "T");
        to->start_response(200);
        (void)co_await to->write(bytes_of("one"));
        (void)co_await to->write({});
        (void)co_await to->write(bytes_of("two"));
        to->add_trailer("T", "1");
        (void)co_await to->finish();
    }
    task<> throw_something() {
        throw std::runtime_error("of no interest to the peer");
        co_return;
    }
    task<> throw_late(exchange* to) {
        to->start_response(200);
        (void)co_await to->write(bytes_of("part"));
        throw std::runtime_error("too late for a status");
    }
    task<> stay_silent() { co_return; }
    task<> wait(exchange* to) {
        entered_.set();
        (void)co_await released_.wait();
        (void)co_await to->respond(200, "waited");
    }
    task<> hang(exchange* to) {
        entered_.set();
        stop_source never;
        const result<> gone = co_await to->peer_gone(never.token());
        last_words_ = gone ? "gone" : "not gone";
        released_.set();
    }

    io::async_event released_;
    io::async_event entered_;
    std::string last_words_;
};

struct server_end {
    explicit server_end(const server_options& options = {})
        : tested(*loop, io::listener::bind(*loop, io::address::loopback_v4(0)).value(), handler,
                 options) {}

    std::unique_ptr<io::event_loop> loop = tests::make_loop();
    test_handler handler{*loop};
    server tested;
    stop_source stop;
};

task<> run_server(server_end* end) {
    const result<> ran = co_await end->tested.run(end->stop.token());
    if (!ran)
        throw std::system_error(ran.error());
}

task<io::socket> dial(server_end* end) {
    result<io::socket> dialled =
        co_await io::socket::connect(*end->loop, end->tested.local_address());
    co_return std::move(dialled).value();
}

// One connection: everything is sent, then everything is read, up to the server's close.
task<std::string> talk(server_end* end, std::vector<std::string> texts) {
    task_scope scope;
    scope.spawn(run_server(end));
    io::socket peer = co_await dial(end);
    for (const std::string& text : texts)
        (void)co_await peer.send(bytes_of(text));
    peer.shutdown_send();
    std::string all = co_await read_all(&peer);
    end->stop.request_stop();
    co_await scope.join();
    co_return all;
}

std::string answers_to(const std::string& text, const server_options& options = {}) {
    server_end end{options};
    return end.loop->run(talk(&end, {text}));
}

std::string get(std::string_view path) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n";
}
std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string{path} +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string{body};
}
std::string echoed(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nX-Path: /echo\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string{body};
}
std::string refusal(std::string_view status) {
    return "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}
std::string closing_refusal(std::string_view status) {
    return "HTTP/1.1 " + std::string{status} + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
}

TEST(http_server, answers_pipelined_requests_in_order_on_one_connection) {
    EXPECT_EQ(answers_to(post("/echo", "one") + get("/nowhere") + post("/echo", "two")),
              echoed("one") + "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" +
                  echoed("two"));
}

TEST(http_server, reads_a_large_body_whole) {
    const std::string body(2'000'000, 'b');
    EXPECT_EQ(answers_to(post("/echo", body) + post("/echo", "x")), echoed(body) + echoed("x"));
}

TEST(http_server, reads_a_large_body_in_pieces) {
    server_options options;
    options.body_bytes_max = 10;
    EXPECT_EQ(answers_to(post("/pieces", std::string(2'000'000, 'b')) + get("/pieces"), options),
              "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n2000000"
              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0");
}

TEST(http_server, closes_when_the_request_says_so) {
    EXPECT_EQ(answers_to("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" +
                         get("/nowhere")),
              closing_refusal("404 Not Found"));
    EXPECT_EQ(answers_to("GET /nowhere HTTP/1.0\r\n\r\n"), closing_refusal("404 Not Found"));
}

TEST(http_server, keeps_an_http_1_0_connection_that_asks_for_it) {
    EXPECT_EQ(
        answers_to(
            "GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /nowhere HTTP/1.0\r\n\r\n"),
        "HTTP/1.1 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n" +
            closing_refusal("404 Not Found"));
}

TEST(http_server, sends_no_body_where_there_is_none) {
    EXPECT_EQ(answers_to("HEAD /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" +
                         get("/no-content")),
              "HTTP/1.1 200 OK\r\nX-Path: /echo\r\nContent-Length: 3\r\n\r\n"
              "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(http_server, streams_in_chunks) {
    EXPECT_EQ(answers_to(get("/stream") + get("/nowhere")),
              "HTTP/1.1 200 OK\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3\r\none\r\n3\r\ntwo\r\n0\r\nT: 1\r\n\r\n"
              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

TEST(http_server, streams_to_an_http_1_0_peer_up_to_the_close) {
    EXPECT_EQ(answers_to("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              "HTTP/1.1 200 OK\r\nTrailer: T\r\nConnection: close\r\n\r\nonetwo");
}

TEST(http_server, streams_nothing_to_head) {
    EXPECT_EQ(answers_to("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n" + get("/nowhere")),
              "HTTP/1.1 200 OK\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\n\r\n"
              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

TEST(http_server, answers_for_a_handler_that_fails) {
    EXPECT_EQ(answers_to(get("/throw") + get("/nowhere")),
              closing_refusal("500 Internal Server Error"));
    EXPECT_EQ(answers_to(get("/silent")),
              "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answers_to(get("/throw-late") + get("/nowhere")),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
}

TEST(http_server, refuses_what_is_not_http) {
    EXPECT_EQ(answers_to("FROB\r\n\r\n"), refusal("400 Bad Request"));
    EXPECT_EQ(
        answers_to("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"),
        closing_refusal("400 Bad Request"));
}

TEST(http_server, wants_exactly_one_host) {
    EXPECT_EQ(answers_to("GET / HTTP/1.1\r\n\r\n"), refusal("400 Bad Request"));
    EXPECT_EQ(answers_to("GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n"),
              refusal("400 Bad Request"));
}

TEST(http_server, refuses_a_head_beyond_the_limit) {
    server_options options;
    options.head_bytes_max = 100;
    EXPECT_EQ(answers_to("GET / HTTP/1.1\r\nHost: " + std::string(100, 'x') + "\r\n\r\n", options),
              refusal("431 Request Header Fields Too Large"));
}

TEST(http_server, refuses_a_body_beyond_the_limit_and_lets_the_peer_read_that) {
    server_options options;
    options.body_bytes_max = 1000;
    EXPECT_EQ(answers_to(post("/echo", std::string(1000, 'b')), options),
              echoed(std::string(1000, 'b')));
    // Far more than the sockets hold: without somebody who reads on, the peer would see a reset.
    EXPECT_EQ(answers_to(post("/echo", std::string(20'000'000, 'b')), options),
              closing_refusal("413 Content Too Large"));
    EXPECT_EQ(
        answers_to("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                       std::string(1001, 'b') + "\r\n0\r\n\r\n",
                   options),
        closing_refusal("413 Content Too Large"));
}

TEST(http_server, discards_a_small_body_that_nobody_read) {
    EXPECT_EQ(answers_to(post("/ignore", std::string(60'000, 'b')) + get("/nowhere")),
              "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(answers_to(post("/ignore", std::string(70'000, 'b')) + get("/nowhere")),
              "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
}

task<std::string> post_with_expect(server_end* end, std::string path) {
    task_scope scope;
    scope.spawn(run_server(end));
    io::socket peer = co_await dial(end);
    const std::string head =
        "POST " + path +
        " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    (void)co_await peer.send(bytes_of(head));
    std::string all = co_await read_until(&peer, "\r\n\r\n");
    if (all.starts_with("HTTP/1.1 100")) {
        (void)co_await peer.send(bytes_of("body"));
        peer.shutdown_send();
    }
    const std::string rest = co_await read_all(&peer);
    end->stop.request_stop();
    co_await scope.join();
    co_return all + rest;
}

TEST(http_server, tells_a_peer_to_continue_when_the_body_is_wanted) {
    server_end end;
    EXPECT_EQ(end.loop->run(post_with_expect(&end, "/echo")),
              "HTTP/1.1 100 Continue\r\n\r\n" + echoed("body"));
}

TEST(http_server, does_not_ask_for_a_body_that_nobody_wants) {
    server_end end;
    EXPECT_EQ(end.loop->run(post_with_expect(&end, "/ignore")),
              "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
}

TEST(http_server, refuses_a_large_body_before_it_is_sent) {
    server_options options;
    options.body_bytes_max = 3;
    server_end end{options};
    EXPECT_EQ(end.loop->run(post_with_expect(&end, "/echo")),
              closing_refusal("413 Content Too Large"));
}

task<std::string> hang_up(server_end* end) {
    task_scope scope;
    scope.spawn(run_server(end));
    {
        io::socket peer = co_await dial(end);
        const std::string text = get("/hang");
        (void)co_await peer.send(bytes_of(text));
        (void)co_await end->handler.entered();
    }
    end->stop.request_stop();
    co_await scope.join();
    co_return end->handler.last_words();
}

TEST(http_server, tells_a_handler_that_its_peer_has_gone) {
    server_end end;
    EXPECT_EQ(end.loop->run(hang_up(&end)), "gone");
}

task<std::string> stop_in_the_middle(server_end* end) {
    task_scope scope;
    scope.spawn(run_server(end));
    io::socket busy = co_await dial(end);
    io::socket idle = co_await dial(end);
    const std::string first = get("/nowhere");
    (void)co_await idle.send(bytes_of(first));
    std::string story = co_await read_until(&idle, "\r\n\r\n");
    const std::string second = get("/wait") + get("/nowhere");
    (void)co_await busy.send(bytes_of(second));
    (void)co_await end->handler.entered();
    end->stop.request_stop();
    const std::string idle_end = co_await read_all(&idle);
    story += "idle:" + idle_end + "\n";
    const result<io::socket> late =
        co_await io::socket::connect(*end->loop, end->tested.local_address());
    story += late ? "accepted\n" : "refused\n";
    end->handler.release();
    const std::string busy_end = co_await read_all(&busy);
    co_await scope.join();
    co_return story + busy_end + std::to_string(end->tested.connection_count());
}

TEST(http_server, finishes_what_is_in_hand_when_it_is_stopped) {
    server_end end;
    EXPECT_EQ(end.loop->run(stop_in_the_middle(&end)),
              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nidle:\nrefused\n"
              "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nwaited0");
}

task<std::string> stop_before_the_rest_comes(server_end* end) {
    task_scope scope;
    scope.spawn(run_server(end));
    io::socket peer = co_await dial(end);
    const std::string begun = "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab";
    (void)co_await peer.send(bytes_of(begun));
    std::string answer = co_await read_until(&peer, "no");
    end->stop.request_stop();
    co_await scope.join(); // while the peer stays, and sends nothing
    co_return answer.substr(9, 3);
}

TEST(http_server, waits_for_no_rest_of_a_request_when_it_is_stopped) {
    server_options options;
    options.idle_timeout = options.read_timeout = options.request_timeout = {};
    server_end end{options};
    EXPECT_EQ(end.loop->run(stop_before_the_rest_comes(&end)), "403");
}

TEST(http_server, stops_at_once_when_nobody_is_there) {
    server_end end;
    end.stop.request_stop();
    EXPECT_TRUE(end.loop->run(end.tested.run(end.stop.token())).has_value());
}

task<std::string> dial_beyond_the_limit(server_end* end) {
    task_scope scope;
    scope.spawn(run_server(end));
    io::socket first = co_await dial(end);
    const std::string waiting = get("/wait");
    (void)co_await first.send(bytes_of(waiting));
    (void)co_await end->handler.entered();
    io::socket second = co_await dial(end); // by the kernel's queue
    const std::string text = get("/nowhere");
    (void)co_await second.send(bytes_of(text));
    for (int turn = 0; turn < 100; ++turn)
        (void)co_await end->loop->yield();
    std::string story = std::to_string(end->tested.connection_count()) + " ";
    end->handler.release();
    first.shutdown_send();
    const std::string first_answer = co_await read_all(&first);
    second.shutdown_send();
    const std::string second_answer = co_await read_all(&second);
    end->stop.request_stop();
    co_await scope.join();
    co_return story + first_answer.substr(9, 3) + " " + second_answer.substr(9, 3);
}

TEST(http_server, takes_no_more_connections_than_it_may) {
    server_options options;
    options.connections_max = 1;
    server_end end{options};
    EXPECT_EQ(end.loop->run(dial_beyond_the_limit(&end)), "1 200 404");
}

task<std::string> be_silent(server_end* end, std::string text) {
    task_scope scope;
    scope.spawn(run_server(end));
    io::socket peer = co_await dial(end);
    if (!text.empty())
        (void)co_await peer.send(bytes_of(text));
    std::string all = co_await read_all(&peer); // the server's close is all that can end it
    end->stop.request_stop();
    co_await scope.join();
    co_return all;
}

TEST(http_server, closes_connections_that_idle) {
    server_options options;
    options.idle_timeout = std::chrono::milliseconds{20};
    for (const std::string& text : {std::string{}, get("/nowhere")}) {
        server_end end{options};
        EXPECT_EQ(end.loop->run(be_silent(&end, text)),
                  text.empty() ? "" : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
}

TEST(http_server, drops_requests_that_do_not_get_on) {
    server_options options;
    options.idle_timeout = std::chrono::milliseconds{0};
    options.read_timeout = std::chrono::milliseconds{20};
    for (const std::string_view part :
         {"GET / HT", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"}) {
        server_end end{options};
        EXPECT_EQ(end.loop->run(be_silent(&end, std::string{part})), "");
    }
}

TEST(http_server, says_who_has_connected) {
    struct asks final : request_handler {
        bool is_loopback = false;
        task<> handle(exchange& asked) override {
            const result<io::address> peer = asked.peer_address();
            is_loopback = peer && peer->is_loopback() && peer->port() != 0;
            return answer(&asked);
        }
        static task<> answer(exchange* to) { (void)co_await to->respond(200); }
    };
    const std::unique_ptr<io::event_loop> loop = tests::make_loop();
    asks handler;
    server tested{*loop, io::listener::bind(*loop, io::address::loopback_v4(0)).value(), handler};
    stop_source stop;
    struct once {
        static task<> serve(server* tested, stop_source* stop) {
            (void)co_await tested->run(stop->token());
        }
        static task<int> run(io::event_loop* loop, server* tested, stop_source* stop) {
            task_scope scope;
            scope.spawn(serve(tested, stop));
            client from{*loop, tested->local_address()};
            message answer;
            const result<arrival> outcome = co_await from.request({}, &answer);
            from.disconnect();
            stop->request_stop();
            co_await scope.join();
            co_return outcome ? answer.status() : 0;
        }
    };
    EXPECT_EQ(loop->run(once::run(loop.get(), &tested, &stop)), 200);
    EXPECT_TRUE(handler.is_loopback);
}

} // namespace
} // namespace spry::http
