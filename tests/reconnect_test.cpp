// SPDX-License-Identifier: Apache-2.0
// A worker whose connection is silent for long, or dies while it idles, as over a freeze:
// runtime-contract 11.2.
#include <spry/handler_api/runtime.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/fake_runtime_api.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace io = spry::io;

using spry::event;
using spry::function;
using spry::response;
using spry::result;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;

using lines = std::vector<std::string>;

constexpr std::chrono::minutes silence{15};

response echo(event given) {
    return response::json(given.bytes());
}

// What a connection does behind each request: it is silent, answers, and then perhaps ends.
struct reaction {
    std::string answer;
    bool ends = false;
};

struct service {
    io::event_loop* loop;
    io::listener* listener;
    std::vector<reaction> reactions;
    lines seen = {}; // "CONNECTION METHOD"
};

// Requests of these tests are small and come whole: none has a successor before its answer.
task<> serve(service* with) {
    std::size_t next = 0;
    for (int connection = 1; next < with->reactions.size(); ++connection) {
        result<io::unique_fd> accepted = co_await with->listener->accept();
        if (!accepted)
            co_return;
        io::socket peer{*with->loop, std::move(*accepted)};
        bool ends = false;
        while (!ends && next < with->reactions.size()) {
            std::array<std::byte, 4096> room;
            const result<std::size_t> received = co_await peer.recv(room);
            if (!received || *received == 0)
                break;
            const std::string_view text{reinterpret_cast<const char*>(room.data()), *received};
            with->seen.push_back(std::to_string(connection) + " " +
                                 std::string{text.substr(0, text.find(' '))});
            const reaction& reply = with->reactions[next++];
            (void)co_await with->loop->sleep_for(silence);
            (void)co_await peer.send(std::as_bytes(std::span{reply.answer}));
            ends = reply.ends;
        }
    }
}

task<int> work(io::event_loop* loop, service* with, const function* handler) {
    io::listener listener = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    with->listener = &listener;
    const std::string where_text = listener.local_address().to_string();
    const spry::endpoint_parse where = spry::parse_endpoint(where_text);
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    const spry::environment variables;
    spry::runtime_client client{*loop, where.value, listener.local_address(),
                                std::span{memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::fatal};
    spry::runtime worker{*loop, variables, client, *handler, spry::log_level::fatal};
    spry::task_scope serving;
    serving.spawn(serve(with));
    const int code = co_await worker.run();
    co_await serving.join();
    co_return code;
}

struct outcome {
    int exit_code = -1;
    lines seen;
    io::clock::duration took{};
};

outcome run(std::vector<reaction> reactions) {
    const auto loop = io::testing::make_scripted_loop({});
    const io::time_point before = loop->now();
    const function handler{"f", echo};
    service with{loop.get(), nullptr, std::move(reactions)};
    outcome ended;
    ended.exit_code = loop->run(work(loop.get(), &with, &handler));
    ended.seen = with.seen;
    ended.took = loop->now() - before;
    return ended;
}

TEST(contract_11_2, next_and_post_wait_a_quarter_of_an_hour_each) {
    const outcome ended =
        run({{event_answer("a", "1")}, {accepted_answer()}, {answer(403, "", "{}"), true}});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(ended.seen, (lines{"1 GET", "1 POST", "1 GET"}));
    EXPECT_EQ(ended.took, 3 * silence);
}

// Closed behind the acknowledgement: the worker finds out with its next call, at the latest.
TEST(contract_11_2, a_connection_that_died_idle_is_dialled_again_and_no_event_lost) {
    const outcome ended = run({{event_answer("a", "1")},
                               {accepted_answer(), true},
                               {event_answer("b", "2")},
                               {accepted_answer(), true},
                               {answer(403, "", "{}"), true}});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(ended.seen, (lines{"1 GET", "1 POST", "2 GET", "2 POST", "3 GET"}));
    EXPECT_EQ(ended.took, 5 * silence); // no pause was made before a dial
}

// The silence ends with a close instead of an event.
TEST(contract_11_2, a_call_that_dies_in_the_silence_is_made_again_at_once) {
    const outcome ended = run({{event_answer("a", "1")},
                               {accepted_answer()},
                               {"", true},
                               {event_answer("b", "2")},
                               {accepted_answer()},
                               {answer(403, "", "{}"), true}});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(ended.seen, (lines{"1 GET", "1 POST", "1 GET", "2 GET", "2 POST", "2 GET"}));
    EXPECT_EQ(ended.took, 6 * silence);
}

} // namespace
