// SPDX-License-Identifier: Apache-2.0
// SIGTERM at a function: runtime-contract 1.9. Each in a process of its own, since a request to end
// cannot be taken back.
#include "support/captured_output.hpp"
#include "support/forked.hpp"
#include "support/scripted_function.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using spry::event;
using spry::response;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::script_step;
using spry::tests::captured_output;
using spry::tests::exit_code_of;
using spry::tests::function_run;
using spry::tests::run_function;

using lines = std::vector<std::string>;

const std::string next_line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";
const std::string response_line = "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1";

response echo(event given) {
    return response::json(given.bytes());
}

class shutdown_signal : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(io, shutdown_signal, testing::Values("direct", "epoll", "auto"),
                         [](const auto& each) { return std::string{each.param}; });

// One event, inside of which the signal is sent; the rest of it comes in two pieces, and a second
// event would be there.
int be_told_to_end_inside_an_event(const std::string& event, std::size_t at, const char* backend) {
    script_step interrupted;
    interrupted.answer = event;
    interrupted.split_at = 1;
    interrupted.signal = SIGTERM;
    interrupted.signal_at = at;
    const function_run ended =
        run_function({interrupted, {accepted_answer()}, {event_answer("never", "1")}},
                     {{"f", echo}}, {}, {{"SPRY_IO", backend}});
    if (ended.exit_code != 0)
        return 1;
    const bool is_answered = ended.start_lines() == lines{next_line, response_line} &&
                             ended.requests[1].body == "[1,2,3]";
    // Before its first byte there is no event.
    const bool is_refused = at == 0 && ended.start_lines() == lines{next_line};
    return is_answered || is_refused ? 0 : 2;
}

TEST_P(shutdown_signal, contract_1_9_loses_no_event_of_which_a_byte_has_come) {
    const std::string event = event_answer("a", "[1,2,3]");
    for (std::size_t at = 0; at <= event.size(); ++at) {
        ASSERT_EQ(
            exit_code_of([&] { return be_told_to_end_inside_an_event(event, at, GetParam()); }), 0)
            << "the signal came behind byte " << at << " of " << event.size();
    }
}

// Pipelined, the worker idles in the read of a 202, inside of which the signal is sent.
int be_told_to_end_inside_an_acknowledgement(std::size_t at, const char* backend) {
    script_step interrupted{accepted_answer()};
    interrupted.split_at = 1;
    interrupted.signal = SIGTERM;
    interrupted.signal_at = at;
    interrupted.pause_ms = at == 0 ? 20 : 0; // what has begun is waited for in any case
    captured_output log;
    const function_run ended =
        run_function({{event_answer("a", "1")},
                      {accepted_answer()},
                      {event_answer("b", "2")},
                      interrupted,
                      {""}},
                     {{"f", echo}}, {}, {{"SPRY_IO", backend}, {"SPRY_PIPELINE", "1"}});
    // Nothing is said of a broken connection.
    if (ended.exit_code != 0 || !log.finish().empty())
        return 1;
    // None is posted again, and nobody asks for a third event but in the call that was out already.
    return ended.requests.size() == 5 && ended.requests[3].body == "2" ? 0 : 2;
}

TEST_P(shutdown_signal, contract_1_9_ends_a_pipelined_wait_and_reads_the_acknowledgement) {
    for (std::size_t at = 0; at <= accepted_answer().size(); ++at) {
        ASSERT_EQ(
            exit_code_of([&] { return be_told_to_end_inside_an_acknowledgement(at, GetParam()); }),
            0)
            << "the signal came behind byte " << at;
    }
}

// What the hooks leave behind; they have no other way to tell.
lines journal;

task<> first() {
    journal.emplace_back("first");
    co_return;
}
task<> second() {
    journal.emplace_back("second");
    co_return;
}
task<> failing() {
    journal.emplace_back("failing");
    throw std::runtime_error{"not flushed"};
    co_return;
}

response echo_to_journal(event given) {
    journal.emplace_back("handler");
    return response::json(given.bytes());
}

script_step registered() {
    return {answer(200, "Lambda-Extension-Identifier: id-1\r\n", "{\"functionName\":\"f\"}")};
}

// Never answered, and open beside the next connection.
script_step kept() {
    script_step step;
    step.leaves_open = true;
    return step;
}

script_step told_to_end_while_waiting() {
    script_step step;
    step.signal = SIGTERM;
    return step;
}

function_run run_with_hooks(std::vector<script_step> script, spry::shutdown_hooks hooks,
                            const std::string& base_path = "") {
    spry::run_options options;
    options.on_shutdown = hooks;
    journal.clear();
    return run_function(std::move(script), {{"f", echo_to_journal}}, options, {}, base_path);
}

int be_told_to_end_with_hooks(const std::string& base_path) {
    const function_run ended = run_with_hooks({registered(),
                                               kept(),
                                               {event_answer("a", "1")},
                                               {accepted_answer()},
                                               told_to_end_while_waiting()},
                                              {first, failing, second}, base_path);
    const auto& asked = ended.requests;
    if (ended.exit_code != 0 || asked.size() != 5)
        return 1;
    if (journal != lines{"handler", "second", "failing", "first"})
        return 2;
    const std::string where = " " + base_path + "/2020-01-01/extension/";
    if (asked[0].start_line != "POST" + where + "register HTTP/1.1" ||
        asked[0].header("Lambda-Extension-Name").empty() || asked[0].body != "{\"events\":[]}")
        return 3;
    if (asked[1].start_line != "GET" + where + "event/next HTTP/1.1" ||
        asked[1].header("Lambda-Extension-Identifier") != "id-1" || asked[1].connection != 1)
        return 4;
    return asked[2].connection == 2 && asked[4].connection == 2 ? 0 : 5;
}

TEST(contract_1_9, a_hook_registers_an_extension_and_sigterm_runs_it) {
    EXPECT_EQ(exit_code_of([] { return be_told_to_end_with_hooks(""); }), 0);
}

TEST(contract_1_9, the_extension_is_behind_the_base_path_too) {
    EXPECT_EQ(exit_code_of([] { return be_told_to_end_with_hooks("/.rt/hello"); }), 0);
}

int be_told_to_end_unregistered(const script_step& refusal) {
    const function_run ended = run_with_hooks(
        {refusal, {event_answer("a", "1")}, {accepted_answer()}, told_to_end_while_waiting()},
        first);
    return ended.exit_code == 0 && ended.requests.size() == 4 &&
                   journal == lines{"handler", "first"}
               ? 0
               : 1;
}

TEST(contract_1_9, a_failure_to_register_is_only_a_warning) {
    for (const script_step& refusal :
         {script_step{answer(404, "", "not here")}, script_step{answer(200, "", "{}")},
          script_step{answer(500, "", "{}"), true}, script_step{"", true},
          script_step{"nonsense\r\n\r\n", true}}) {
        EXPECT_EQ(exit_code_of([&] { return be_told_to_end_unregistered(refusal); }), 0)
            << refusal.answer;
    }
}

TEST(contract_1_9, hooks_are_for_a_process_that_was_told_to_end) {
    const function_run ended = run_with_hooks({registered(), kept()}, first);
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_EQ(journal, lines{});
}

TEST(contract_1_9, without_a_hook_no_extension_is_registered) {
    const function_run ended = run_with_hooks({}, {});
    EXPECT_EQ(ended.start_lines(), lines{next_line});
}

int be_told_to_end_by_the_handler() {
    spry::run_options options;
    options.on_shutdown = first;
    const auto raising = [](event given) {
        ::raise(SIGTERM);
        journal.emplace_back("handler");
        return response::json(given.bytes());
    };
    const function_run ended = run_function({registered(),
                                             kept(),
                                             {event_answer("a", "1")},
                                             {accepted_answer()},
                                             {event_answer("never", "1")}},
                                            {{"f", raising}}, options);
    return ended.exit_code == 0 && ended.requests.size() == 4 &&
                   journal == lines{"handler", "first"}
               ? 0
               : 1;
}

TEST(contract_1_9, the_event_in_hand_is_answered_before_the_hooks_run) {
    EXPECT_EQ(exit_code_of(be_told_to_end_by_the_handler), 0);
}

} // namespace
