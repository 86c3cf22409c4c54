// SPDX-License-Identifier: Apache-2.0
// How a round trip ends, and what may be done then, over TCP with a peer that follows a script.
#include <spry/http/client.hpp>

#include "support/wire.hpp"

#include <spry/core/task_scope.hpp>
#include <spry/io/listener.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/socket.h>

namespace spry::http {
namespace {

using tests::bytes_of;

enum class ending { keeps, closes, resets };

// One connection: what the peer waits for, what it says then, how it ends.
struct peer_step {
    std::string until; // the end of what it reads before it answers
    std::string answer;
};
struct peer_script {
    std::vector<peer_step> steps;
    ending end = ending::closes;
};

struct client_end {
    std::unique_ptr<io::event_loop> loop = tests::make_loop();
    io::listener listener = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    client tested{*loop, listener.local_address()};
    stop_source test_over;
    std::string peer_saw;
};

task<> play(client_end* end, std::vector<peer_script> connections) {
    for (const peer_script& script : connections) {
        result<io::unique_fd> accepted = co_await end->listener.accept();
        if (!accepted)
            co_return;
        io::socket peer{*end->loop, std::move(*accepted)};
        for (const peer_step& step : script.steps) {
            const std::string read = co_await tests::read_until(&peer, step.until);
            end->peer_saw += read;
            if (!step.answer.empty())
                (void)co_await peer.send(bytes_of(step.answer));
        }
        if (script.end == ending::keeps) {
            io::io_awaiter<void> over{*end->loop, io::opcode::resume, end->test_over.token()};
            (void)co_await std::move(over);
        } else if (script.end == ending::resets) {
            const linger at_once{1, 0};
            (void)::setsockopt(peer.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
    }
}

std::string describe(const result<arrival>& outcome, const message& answer, const client& from) {
    std::string text;
    if (!outcome) {
        text = outcome.error() == errc::connection_closed   ? "cut off"
               : outcome.error() == errc::malformed_message ? "malformed"
                                                            : outcome.error().message();
    } else if (*outcome == arrival::closed) {
        text = "closed";
    } else {
        text = std::to_string(answer.status()) + " " + std::string{answer.text()};
    }
    return text + (from.is_connected() ? ", connected" : ", disconnected");
}

task<std::string> request_once(client_end* end, simple_request what) {
    message answer;
    const result<arrival> outcome = co_await end->tested.request(what, &answer);
    co_return describe(outcome, answer, end->tested);
}

task<std::string> request_all(client_end* end, std::vector<peer_script> connections,
                              std::vector<simple_request> requests) {
    task_scope scope;
    scope.spawn(play(end, std::move(connections)));
    std::string story;
    for (const simple_request& what : requests) {
        const std::string one = co_await request_once(end, what);
        story += one + "\n";
    }
    end->tested.disconnect();
    end->test_over.request_stop();
    co_await scope.join();
    co_return story;
}

std::string story_of(std::vector<peer_script> connections, std::vector<simple_request> requests) {
    client_end end;
    return end.loop->run(request_all(&end, std::move(connections), std::move(requests)));
}

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(http_client, keeps_its_connection) {
    EXPECT_EQ(story_of({{{{"\r\n\r\n", ok}, {"\r\n\r\n", ok}}}}, {{}, {}}),
              "200 ok, connected\n200 ok, connected\n");
}

TEST(http_client, sends_what_it_is_asked_to) {
    client_end end;
    const std::vector<field> headers{{"A", "b"}};
    const simple_request what{"POST", "/a?b", headers, bytes_of("body")};
    (void)end.loop->run(request_all(&end, {{{{"body", ok}}}}, {what}));
    EXPECT_EQ(end.peer_saw, "POST /a?b HTTP/1.1\r\nHost: " + end.tested.peer().to_string() +
                                "\r\nA: b\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(http_client, reads_no_body_behind_head) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    EXPECT_EQ(story_of({{{{"\r\n\r\n", head}, {"\r\n\r\n", ok}}}}, {{"HEAD"}, {}}),
              "200 , connected\n200 ok, connected\n");
}

TEST(http_client, disconnects_when_the_answer_says_so) {
    const std::string close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    EXPECT_EQ(story_of({{{{"\r\n\r\n", close}}, ending::closes}, {{{"\r\n\r\n", ok}}}}, {{}, {}}),
              "200 ok, disconnected\n200 ok, connected\n");
}

TEST(http_client, tells_a_close_before_the_answer) {
    EXPECT_EQ(story_of({{{{"\r\n\r\n", ""}}, ending::closes}}, {{}}), "closed, disconnected\n");
    EXPECT_EQ(story_of({{{{"\r\n\r\n", ""}}, ending::resets}}, {{}}), "closed, disconnected\n");
}

TEST(http_client, tells_a_close_of_a_connection_that_was_kept) {
    EXPECT_EQ(story_of({{{{"\r\n\r\n", ok}}, ending::closes}, {{{"\r\n\r\n", ok}}}}, {{}, {}, {}}),
              "200 ok, connected\nclosed, disconnected\n200 ok, connected\n");
}

TEST(http_client, tells_a_close_inside_the_answer) {
    for (const std::string_view part :
         {"HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"}) {
        EXPECT_EQ(story_of({{{{"\r\n\r\n", std::string{part}}}, ending::closes}}, {{}}),
                  "cut off, disconnected\n");
    }
}

TEST(http_client, tells_what_is_not_http) {
    EXPECT_EQ(story_of({{{{"\r\n\r\n", "SSH-2.0-x\r\n"}}, ending::keeps}}, {{}}),
              "malformed, disconnected\n");
}

TEST(http_client, takes_an_early_answer_from_a_peer_that_reads_no_more) {
    const std::string large(32 * 1024 * 1024, 'x'); // more than sockets hold
    const std::string too_large = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 1\r\n\r\nx";
    const simple_request what{"POST", "/", {}, bytes_of(large)};
    client_end end;
    // The peer reads one piece, which ends in the body.
    EXPECT_EQ(end.loop->run(request_all(&end, {{{{"x", too_large}}, ending::keeps}}, {what})),
              "413 x, disconnected\n");
}

TEST(http_client, refuses_header_lines_that_break_the_head) {
    client_end end;
    const std::vector<field> headers{{"A", "b\r\nC: d"}};
    EXPECT_EQ(end.loop->run(request_all(&end, {{}}, {{"GET", "/", headers}})),
              std::make_error_code(std::errc::invalid_argument).message() + ", connected\n");
}

TEST(http_client, says_that_nobody_listens) {
    client_end end;
    end.listener.close();
    EXPECT_EQ(end.loop->run(request_all(&end, {}, {{}})),
              std::make_error_code(std::errc::connection_refused).message() + ", disconnected\n");
    EXPECT_EQ(end.tested.connect_blocking().error(), std::errc::connection_refused);
}

task<std::string> post_with_the_event_retained(client_end* end) {
    task_scope scope;
    const std::string event =
        "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + std::string(20'000, 'e');
    const std::string whole_body = "\r\n\r\n" + std::string(20'000, 'e');
    scope.spawn(play(end, {{{{"\r\n\r\n", event}, {whole_body, ok}}}}));
    message received;
    message answer;
    const result<arrival> got = co_await end->tested.request({}, &received);
    std::string story = got ? std::to_string(received.text().size()) + ", " : "failed, ";
    end->tested.retain();
    const simple_request echo{"POST", "/", {}, received.body()};
    const result<arrival> posted = co_await end->tested.request(echo, &answer);
    story += describe(posted, answer, end->tested);
    if (received.text() != std::string(20'000, 'e'))
        story = "the event has changed";
    end->tested.release();
    end->tested.disconnect();
    end->test_over.request_stop();
    co_await scope.join();
    co_return story;
}

TEST(http_client, answers_with_the_bytes_of_the_event) {
    client_end end;
    EXPECT_EQ(end.loop->run(post_with_the_event_retained(&end)), "20000, 200 ok, connected");
    EXPECT_TRUE(end.peer_saw.ends_with("\r\n\r\n" + std::string(20'000, 'e')));
}

} // namespace
} // namespace spry::http
