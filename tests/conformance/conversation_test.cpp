// SPDX-License-Identifier: Apache-2.0
// One conversation with the Runtime API, in which every answer comes byte by byte, in two pieces,
// or breaks off, at each of its positions: over real sockets and each backend, and over a network
// and in a time that are made up.
//
// However it breaks: no event is answered twice, none gets another one's answer, and none is lost
// without a record of it. An event whose delivery broke off is asked for again, and the Runtime API
// gives it again (runtime-contract 1.4).
#include <spry/io/event_loop.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "conformance/whole_function.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace io = spry::io;

using namespace spry::tests;
using spry::event;
using spry::response;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::recorded_request;
using spry::testing::script_step;
using std::chrono::milliseconds;

using lines = std::vector<std::string>;

// Fails on events that say so, and echoes the others.
response echo_or_fail(event given) {
    if (given.text() == "fail")
        throw std::runtime_error{"as told"};
    return response::json(given.bytes());
}

std::string chunked_event(std::string_view id) {
    return "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: " + std::string{id} +
           "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
           "Date: Sat, 21 Nov 2026 09:00:00 GMT\r\n\r\n"
           "4\r\n[\"b\"\r\n3;x=y\r\n,2]\r\n0\r\nX-Trailer: 1\r\n\r\n";
}

// Two events are answered, one fails, and the fourth call for one is refused.
std::vector<std::string> conversation() {
    return {event_answer("a", "[\"a\",1]"),
            accepted_answer(), //
            chunked_event("b"),
            accepted_answer(), //
            event_answer("c", "fail"),
            accepted_answer(), //
            answer(403, "Content-Type: application/json\r\n", "{\"errorType\":\"x\"}\n")};
}
constexpr std::size_t answer_count = 7;
constexpr std::size_t last = answer_count - 1;

bool is_event(std::size_t index) {
    return index % 2 == 0 && index != last;
}

// An answer that breaks off behind so many of its bytes.
struct cut {
    std::size_t index;
    std::size_t position;
    bool resets = false;
};

std::ostream& operator<<(std::ostream& out, const cut& at) {
    return out << "answer " << at.index << " at " << at.position << (at.resets ? ", reset" : "");
}

std::vector<script_step> script_with(const cut& at) {
    std::vector<script_step> script;
    const std::vector<std::string> answers = conversation();
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const bool is_whole = i != at.index || at.position == answers[i].size();
        if (i == at.index) {
            script_step broken{answers[i].substr(0, at.position), true};
            broken.resets = at.resets;
            script.push_back(std::move(broken));
        }
        // Given again, since it is asked for again; the acknowledgement of an answer is not.
        if (i != at.index || (i % 2 == 0 && !is_whole))
            script.push_back({answers[i]});
        // Nobody hears the answer to an event with which the connection has ended.
        if (i == at.index && is_whole && is_event(i))
            ++i;
    }
    return script;
}

// What must be seen of a conversation, broken or not.
struct expectation {
    lines requests;
    lines bodies; // of the posts; of the error, its message
    std::size_t broken_events = 0;
    std::size_t unknown_answers = 0;
};

expectation expected_of(const cut& at) {
    const std::vector<std::string> answers = conversation();
    const lines posts{response_line("a"), response_line("b"), error_line("c")};
    const lines bodies{"[\"a\",1]", "[\"b\",2]", "as told"};
    expectation all;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const bool is_cut = i == at.index;
        const std::size_t head_size = answers[i].find("\r\n\r\n") + 4;
        const bool is_known = at.position >= head_size;
        if (i % 2 == 0) {
            all.requests.emplace_back(next_line);
            // Of an event the status is not enough.
            const bool is_asked_again =
                is_cut && (i == last ? !is_known : at.position < answers[i].size());
            if (is_asked_again) {
                all.requests.emplace_back(next_line);
                all.broken_events += at.position > 0;
            }
        } else if (i == at.index + 1 && is_event(at.index) &&
                   at.position == answers[at.index].size()) {
            ++all.unknown_answers;
        } else {
            all.requests.push_back(posts[i / 2]);
            all.bodies.push_back(bodies[i / 2]);
            all.unknown_answers += is_cut && !is_known;
        }
    }
    return all;
}
const cut nowhere{answer_count, 0};

// As text, for one comparison per run.
std::string seen(const ended& outcome) {
    std::string text = "exit code " + std::to_string(outcome.exit_code) + "\n";
    for (const recorded_request& request : outcome.requests) {
        text += request.start_line + "\n";
        if (request.start_line.find("/response ") != std::string::npos)
            text += request.body + "\n";
        else if (request.body.find("\"errorMessage\":\"as told\"") != std::string::npos)
            text += "as told\n";
    }
    text += "broken events: " +
            std::to_string(outcome.logs("the answer to the call for an event could not be read"));
    text += ", answers unknown: " + std::to_string(outcome.logs("whether it arrived is unknown"));
    text += ", failed: " + std::to_string(outcome.logs("the handler failed"));
    text += ", errors: " + std::to_string(outcome.logs("\tERROR\t"));
    text += ", fatal: " + std::to_string(outcome.logs("\tFATAL\t"));
    text += ", refusals: " + std::to_string(outcome.logs("refuses to give events"));
    return text;
}

std::string expected_text(const expectation& all) {
    std::string text = "exit code 1\n";
    auto body = all.bodies.begin();
    for (const std::string& line : all.requests) {
        text += line + "\n";
        if (line.starts_with("POST"))
            text += *body++ + "\n";
    }
    text += "broken events: " + std::to_string(all.broken_events);
    text += ", answers unknown: " + std::to_string(all.unknown_answers);
    text += ", failed: 1";
    text += ", errors: " + std::to_string(all.unknown_answers + 1);
    return text + ", fatal: 1, refusals: 1";
}

std::vector<script_step> whole_script() {
    return script_with(nowhere);
}

std::size_t longest_answer() {
    return std::ranges::max(conversation(), {}, &std::string::size).size();
}

std::vector<script_step> split_script(std::size_t position) {
    std::vector<script_step> script = whole_script();
    for (script_step& step : script)
        step.split_at = position;
    return script;
}

std::vector<script_step> dribbling_script() {
    std::vector<script_step> script = whole_script();
    for (script_step& step : script)
        step.byte_by_byte = true;
    return script;
}

// Without a break in the first answer, unless that is asked for: a first call that fails is
// repeated after a pause, which takes real time.
std::vector<cut> every_cut(bool resets, std::size_t first = 0) {
    std::vector<cut> all;
    const std::vector<std::string> answers = conversation();
    for (std::size_t i = first; i < answers.size(); ++i) {
        for (std::size_t position = 0; position <= answers[i].size(); ++position)
            all.push_back({i, position, resets});
    }
    return all;
}

// --- over real sockets -------------------------------------------------------------------------

class conversation_over_sockets : public ::testing::TestWithParam<std::string> {
protected:
    static setting with() {
        const std::string name = GetParam();
        const bool pipelines = name.ends_with("_pipelined");
        return {.backend = name.substr(0, name.find('_')), .pipelines = pipelines};
    }
    void SetUp() override {
        if (with().backend == "uring" && !io::event_loop::create(io::backend_choice::uring))
            GTEST_SKIP() << "io_uring is refused here";
    }
    static void survives(const cut& at) {
        const ended outcome = run_function(script_with(at), echo_or_fail, with());
        EXPECT_EQ(seen(outcome), expected_text(expected_of(at))) << at << '\n' << outcome.log;
    }
};

TEST_P(conversation_over_sockets, goes_on_when_every_byte_comes_alone) {
    const ended outcome = run_function(dribbling_script(), echo_or_fail, with());
    EXPECT_EQ(seen(outcome), expected_text(expected_of(nowhere))) << outcome.log;
    EXPECT_EQ(outcome.requests.back().connection, 1);
}

TEST_P(conversation_over_sockets, goes_on_when_every_answer_comes_in_two_pieces) {
    for (std::size_t position = 1; position < longest_answer(); ++position) {
        const ended outcome = run_function(split_script(position), echo_or_fail, with());
        EXPECT_EQ(seen(outcome), expected_text(expected_of(nowhere))) << position << outcome.log;
        EXPECT_EQ(outcome.requests.back().connection, 1) << position;
    }
}

TEST_P(conversation_over_sockets, survives_a_close_at_any_position) {
    for (const cut& at : every_cut(false, 1))
        survives(at);
}

// The backends see the same two errors wherever it strikes: one of them goes through all positions.
TEST_P(conversation_over_sockets, survives_a_reset_at_any_position) {
    const std::vector<cut> all = every_cut(true, 1);
    const std::size_t step = GetParam() == "direct" ? 1 : 7;
    for (std::size_t i = 0; i < all.size(); i += step)
        survives(all[i]);
}

// Each of these takes the first pause of the client, but the last, where nothing is asked again.
TEST_P(conversation_over_sockets, survives_a_first_answer_that_breaks_off) {
    const std::string first = conversation().front();
    for (const std::size_t position : {std::size_t{0}, std::size_t{5}, first.find("\r\n\r\n") + 4,
                                       first.size() - 1, first.size()})
        survives({0, position});
}

INSTANTIATE_TEST_SUITE_P(backends, conversation_over_sockets,
                         ::testing::Values("direct", "direct_pipelined", "epoll", "uring"),
                         [](const auto& way) { return way.param; });

// --- over a network and in a time that are made up ---------------------------------------------

ended simulate(std::vector<script_step> script, const io::testing::script& network = {}) {
    return simulate_function(std::move(script), {"f", echo_or_fail}, network);
}

TEST(conversation_in_virtual_time, goes_on_when_every_byte_comes_alone) {
    const ended outcome = simulate(dribbling_script());
    EXPECT_EQ(seen(outcome), expected_text(expected_of(nowhere))) << outcome.log;
    std::size_t bytes = 0;
    for (const std::string& text : conversation())
        bytes += text.size();
    EXPECT_EQ(outcome.took, std::chrono::microseconds{bytes - answer_count});
}

TEST(conversation_in_virtual_time, goes_on_when_every_answer_comes_in_two_pieces) {
    for (std::size_t position = 1; position < longest_answer(); ++position) {
        const ended outcome = simulate(split_script(position));
        EXPECT_EQ(seen(outcome), expected_text(expected_of(nowhere))) << position << outcome.log;
        EXPECT_EQ(outcome.requests.back().connection, 1) << position;
    }
}

// Nothing takes time but the pause behind a first call that broke off.
TEST(conversation_in_virtual_time, survives_a_close_or_a_reset_at_any_position) {
    for (const bool resets : {false, true}) {
        for (const cut& at : every_cut(resets)) {
            const ended outcome = simulate(script_with(at));
            EXPECT_EQ(seen(outcome), expected_text(expected_of(at))) << at << '\n' << outcome.log;
            const bool pauses = at.index == 0 && at.position < conversation()[0].size();
            EXPECT_EQ(outcome.took, pauses ? milliseconds{50} : milliseconds{0}) << at;
        }
    }
}

TEST(conversation_in_virtual_time, goes_on_over_a_network_that_does_whatever_tcp_may_do) {
    io::testing::script network;
    network.faults = {
        .short_receives = 300, .short_sends = 300, .again = 300, .reordered = 300, .delays = 300};
    for (network.seed = 1; network.seed <= 100; ++network.seed) {
        const ended outcome = simulate(split_script(network.seed * 3), network);
        EXPECT_EQ(seen(outcome), expected_text(expected_of(nowhere)))
            << network.seed << outcome.log;
    }
}

} // namespace
