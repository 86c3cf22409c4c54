// SPDX-License-Identifier: Apache-2.0
// A client and a server of ours on a network that breaks: whatever happens, a success is a true
// one, and both come to an end.
#include <spry/core/task_scope.hpp>
#include <spry/http/client.hpp>
#include <spry/http/server.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/testing/random.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/network.hpp"
#include "support/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace http = spry::http;
namespace io = spry::io;

using io::testing::random_source;
using spry::result;
using spry::stop_source;
using spry::task;
using spry::task_scope;

// Gives a request's body back, whole or in the pieces in which it comes.
class echo_handler final : public http::request_handler {
public:
    task<> handle(http::exchange& exchange) override {
        return exchange.path() == "/pieces" ? in_pieces(&exchange) : whole(&exchange);
    }

private:
    static task<> whole(http::exchange* to) {
        const auto body = co_await to->read_body();
        if (!body)
            co_return;
        (void)co_await to->respond(200, *body);
    }
    static task<> in_pieces(http::exchange* to) {
        to->start_response(200);
        while (true) {
            const auto piece = co_await to->read_some();
            if (!piece)
                co_return;
            if (piece->empty())
                break;
            const result<> written = co_await to->write(*piece);
            if (!written)
                co_return;
        }
        (void)co_await to->finish();
    }
};

struct tally {
    int asked = 0;
    int answered = 0;
    int wrong = 0;
};

struct side {
    side(io::event_loop& at, std::uint64_t seed)
        : loop(at),
          server(at, io::listener::bind(at, io::address::loopback_v4(0)).value(), handler),
          random(seed) {}

    io::event_loop& loop;
    echo_handler handler;
    http::server server;
    stop_source stop;
    random_source random;
    tally counted;
};

task<> serve(side* all) {
    const result<> ran = co_await all->server.run(all->stop.token());
    if (!ran)
        throw std::system_error(ran.error());
}

std::vector<std::byte> body_from(random_source& random) {
    std::vector<std::byte> body(random.below(random.chance(200) ? 100'000 : 300));
    for (std::byte& each : body)
        each = static_cast<std::byte>(random.next());
    return body;
}

task<> ask(side* all, int times) {
    http::client from{all->loop, all->server.local_address()};
    for (int i = 0; i < times; ++i) {
        const std::vector<std::byte> body = body_from(all->random);
        http::simple_request what;
        what.method = "POST";
        what.target = all->random.chance(500) ? "/pieces" : "/whole";
        what.body = body;
        http::message answer;
        const result<http::arrival> outcome = co_await from.request(what, &answer);
        ++all->counted.asked;
        if (!outcome || *outcome != http::arrival::message)
            continue;
        ++all->counted.answered;
        const bool is_right = answer.status() == 200 && std::ranges::equal(answer.body(), body);
        all->counted.wrong += is_right ? 0 : 1;
    }
}

task<tally> talk(side* all) {
    task_scope serving;
    serving.spawn(serve(all));
    {
        task_scope asking;
        for (int i = 0; i < 3; ++i)
            asking.spawn(ask(all, 4));
        co_await asking.join();
    }
    all->stop.request_stop();
    co_await serving.join();
    co_return all->counted;
}

tally talked(const io::testing::script& network, io::testing::record* into = nullptr) {
    const auto loop = io::testing::make_scripted_loop(network, into);
    side all{*loop, network.seed};
    return loop->run(talk(&all));
}

constexpr std::uint64_t seeds = 150;

TEST(scripted_http, answers_everything_on_a_network_that_is_slow_and_cuts) {
    io::testing::script network;
    network.faults = spry::tests::patience_test();
    network.faults.delays = 300;
    network.faults.accept_failures = 200;
    for (network.seed = 1; network.seed <= seeds; ++network.seed) {
        network.stream_bytes_max = network.seed % 2 == 0 ? 1000 : 64 * 1024;
        const tally counted = talked(network);
        EXPECT_EQ(counted.answered, counted.asked) << network.seed;
        EXPECT_EQ(counted.wrong, 0) << network.seed;
    }
}

TEST(scripted_http, gives_no_wrong_answer_where_connections_break) {
    io::testing::script network;
    network.faults = spry::tests::patience_test();
    network.faults.delays = 300;
    network.faults.resets = 50;
    network.faults.refusals = 100;
    network.faults.clock_jumps = 100;
    network.faults.jump_max = std::chrono::minutes{2}; // beyond the server's patience
    tally total;
    for (network.seed = 1; network.seed <= seeds; ++network.seed) {
        const tally counted = talked(network);
        EXPECT_EQ(counted.wrong, 0) << network.seed;
        total.asked += counted.asked;
        total.answered += counted.answered;
    }
    EXPECT_GT(total.answered, total.asked / 10);
    EXPECT_LT(total.answered, total.asked);
}

task<std::string> send_slowly(side* all, std::string head, std::vector<std::string> pieces) {
    task_scope serving;
    serving.spawn(serve(all));
    result<io::socket> dialled =
        co_await io::socket::connect(all->loop, all->server.local_address());
    io::socket peer = std::move(dialled).value();
    (void)co_await peer.send(spry::tests::bytes_of(head));
    for (const std::string& piece : pieces) {
        (void)co_await all->loop.sleep_for(http::read_timeout_default * 2 / 3);
        (void)co_await peer.send(spry::tests::bytes_of(piece));
    }
    std::string answer = co_await spry::tests::read_until(&peer, "end");
    all->stop.request_stop();
    co_await serving.join();
    co_return answer.substr(0, 15);
}

// Longer in all than the server waits for one byte.
TEST(scripted_http, takes_a_body_that_comes_slowly_and_gets_on) {
    const std::string head = "POST /whole HTTP/1.1\r\nHost: x\r\n";
    for (const auto& [framing, pieces] :
         {std::pair{"Content-Length: 5\r\n\r\n", std::vector<std::string>{"a", "b", "e", "nd"}},
          std::pair{"Transfer-Encoding: chunked\r\n\r\n",
                    std::vector<std::string>{"2\r\n", "ab\r\n", "3\r\nend\r\n", "0\r\n\r\n"}}}) {
        const auto loop = io::testing::make_scripted_loop({});
        side all{*loop, 1};
        EXPECT_EQ(loop->run(send_slowly(&all, head + framing, pieces)), "HTTP/1.1 200 OK");
    }
}

TEST(scripted_http, sees_the_bytes_that_such_a_network_must_not_change) {
    io::testing::script network;
    network.faults.altered_bytes = 300;
    int wrong = 0;
    for (network.seed = 1; network.seed <= 20; ++network.seed)
        wrong += talked(network).wrong;
    EXPECT_GT(wrong, 10);
}

TEST(scripted_http, repeats_a_run_from_its_seed) {
    io::testing::script network;
    network.faults = spry::tests::patience_test();
    network.faults.resets = 50;
    for (network.seed = 1; network.seed <= 20; ++network.seed) {
        io::testing::record once;
        io::testing::record again;
        talked(network, &once);
        talked(network, &again);
        EXPECT_EQ(once.trace_hash, again.trace_hash) << network.seed;
    }
}

} // namespace
