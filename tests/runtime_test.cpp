// SPDX-License-Identifier: Apache-2.0
// One worker against a scripted Runtime API. What the contract says of its calls is in
// conformance/runtime_api_test.cpp.
#include <spry/handler_api/runtime.hpp>

#include <spry/core/json.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/termination.hpp>

#include "support/fake_runtime_api.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::fake_runtime_api;
using spry::testing::recorded_request;
using spry::testing::script_step;

constexpr std::string_view next_line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";

std::string response_line(std::string_view id) {
    return "POST /2018-06-01/runtime/invocation/" + std::string{id} + "/response HTTP/1.1";
}
std::string error_line(std::string_view id) {
    return "POST /2018-06-01/runtime/invocation/" + std::string{id} + "/error HTTP/1.1";
}

response echo(event given) {
    return response::json(given.bytes());
}

struct ended {
    int exit_code = -1;
    std::vector<recorded_request> requests;

    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        for (const recorded_request& request : requests)
            all.push_back(request.start_line);
        return all;
    }
};

int run_worker(std::string_view runtime_api, const function& handler, bool pipelines = false,
               spry::invocation_hooks hooks = {}) {
    const spry::endpoint_parse where = spry::parse_endpoint(runtime_api);
    EXPECT_TRUE(where) << where.problem;
    const auto peer = spry::io::address::from_numeric(where.value.host, where.value.port);
    auto loop = std::move(*spry::io::event_loop::create(spry::io::backend_choice::automatic));
    auto memory = std::make_unique<std::array<std::byte, spry::http::client_buffer_bytes>>();
    const spry::environment environment;
    spry::runtime_client client{*loop,    where.value, *peer, *memory, spry::log_level::fatal,
                                pipelines};
    spry::detail::trace_variable trace;
    spry::runtime worker{*loop, environment, client, handler, spry::log_level::fatal,
                         hooks, &trace};
    return loop->run(worker.run());
}

// The script ends with 403 on next, hence exit code 1 where nothing else has ended the worker
// before.
ended run(std::vector<script_step> script, const function& handler, std::string_view base_path = "",
          bool pipelines = false, spry::invocation_hooks hooks = {}) {
    fake_runtime_api api{std::move(script)};
    ended outcome;
    outcome.exit_code =
        run_worker(api.address() + std::string{base_path}, handler, pipelines, hooks);
    outcome.requests = api.finish();
    return outcome;
}

using lines = std::vector<std::string>;

TEST(runtime, answers_event_after_event_on_one_connection) {
    const ended outcome = run({{event_answer("a", "[1]")},
                               {accepted_answer()},
                               {event_answer("b", "[2]")},
                               {accepted_answer()}},
                              {"f", echo});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.lines(),
              (lines{std::string{next_line}, response_line("a"), std::string{next_line},
                     response_line("b"), std::string{next_line}}));
    EXPECT_EQ(outcome.requests[1].body, "[1]");
    EXPECT_EQ(outcome.requests[3].body, "[2]");
    EXPECT_EQ(outcome.requests[4].connection, 1);
}

// 1.6
TEST(contract_1_6, an_exception_is_posted_as_an_error_with_its_headers) {
    const function throwing{"f",
                            [](event) -> response { throw std::out_of_range{"too \"far\"\x01"}; }};
    const ended outcome = run({{event_answer("a", "1")},
                               {accepted_answer()},
                               {event_answer("b", "1")},
                               {accepted_answer()}},
                              throwing);
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.start_line, error_line("a"));
    EXPECT_EQ(post.header("Content-Type"), "application/json");
    EXPECT_EQ(post.header("Lambda-Runtime-Function-Error-Type"), "Function.OutOfRange");
    EXPECT_NE(
        post.header("Lambda-Runtime-Function-XRay-Error-Cause")
            .find(R"("exceptions":[{"message":"too \"far\"\u0001","type":"std::out_of_range")"),
        std::string::npos);
    EXPECT_EQ(
        post.body,
        R"({"errorMessage":"too \"far\"\u0001","errorType":"std::out_of_range","stackTrace":[]})");
    EXPECT_EQ(outcome.lines()[3], error_line("b"));
}

TEST(contract_11_6, an_exception_of_any_type_is_posted_and_the_loop_goes_on) {
    const function throwing{"f", [](event given) -> response {
                                if (given.text() == "1")
                                    throw 42;
                                if (given.text() == "2")
                                    throw "text";
                                if (given.text() == "3")
                                    throw std::bad_alloc{};
                                return spry::failure("Order.NotFound", "there is no order 7");
                            }};
    std::vector<script_step> script;
    for (const char* body : {"1", "2", "3", "4"}) {
        script.push_back({event_answer(body, body)});
        script.push_back({accepted_answer()});
    }
    const ended outcome = run(std::move(script), throwing);
    const auto type_of = [&](std::size_t event) {
        return outcome.requests.at(2 * event + 1).header("Lambda-Runtime-Function-Error-Type");
    };
    EXPECT_EQ(type_of(0), "Function.Int");
    EXPECT_EQ(outcome.requests.at(3).body.substr(0, 24), R"({"errorMessage":"text",")");
    EXPECT_EQ(type_of(2), "Function.BadAlloc");
    EXPECT_EQ(type_of(3), "Function.OrderNotFound");
    EXPECT_EQ(outcome.requests.at(7).start_line, error_line("4"));
}

TEST(runtime, reports_an_event_that_does_not_fit) {
    const function typed{"f", [](std::vector<int> given) { return given.size(); }};
    const ended outcome = run({{event_answer("a", R"([1,"2"])")},
                               {accepted_answer()},
                               {event_answer("b", "{")},
                               {accepted_answer()},
                               {event_answer("c", "[1,2]")},
                               {accepted_answer()}},
                              typed);
    EXPECT_EQ(outcome.requests.at(1).header("Lambda-Runtime-Function-Error-Type"),
              "Function.EventMismatch");
    EXPECT_NE(outcome.requests[1].body.find("at [1]: expected an integer"), std::string::npos)
        << outcome.requests[1].body;
    EXPECT_EQ(outcome.lines()[3], error_line("b"));
    EXPECT_EQ(outcome.requests[5].body, "2");
}

// 4.2, 11.11
TEST(contract_11_11, the_trace_variable_is_set_for_the_handler_and_unset) {
    std::vector<std::string> seen;
    const function spy{"f", [&seen](event) {
                           const char* value = std::getenv("_X_AMZN_TRACE_ID");
                           seen.emplace_back(value == nullptr ? "unset" : value);
                       }};
    const std::string without = answer(200, "Lambda-Runtime-Aws-Request-Id: b\r\n", "1");
    run({{event_answer("a", "1")}, {accepted_answer()}, {without}, {accepted_answer()}}, spy);
    EXPECT_EQ(seen, (lines{"Root=1-5f84c7a9-000000000000000000000001;Sampled=0", "unset"}));
}

TEST(runtime, gives_the_trace_taken_apart) {
    std::vector<std::string> seen;
    const function spy{"f", [&seen](event, context& about) {
                           const spry::trace_context trace = about.trace();
                           seen.emplace_back(trace.trace_id());
                           seen.emplace_back(trace ? "known" : "unknown");
                       }};
    const std::string without = answer(200, "Lambda-Runtime-Aws-Request-Id: b\r\n", "1");
    run({{event_answer("a", "1")}, {accepted_answer()}, {without}, {accepted_answer()}}, spy);
    EXPECT_EQ(seen, (lines{"5f84c7a9000000000000000000000001", "known", "", "unknown"}));
}

// What hooks and handlers did, in order; hooks are plain functions and find it here.
std::vector<std::string> happened;

constexpr spry::invocation_hooks noting_hooks{
    [](const context& about) noexcept {
        happened.push_back("start " + std::string{about.request_id()});
    },
    [](const context& about, const spry::invocation_outcome& ended) noexcept {
        happened.push_back("end " + std::string{about.request_id()} + " " +
                           (ended.failed() ? std::string{ended.error_type} + ": " +
                                                 std::string{ended.error_message}
                                           : std::string{ended.answer->body_text()}));
    }};

TEST(runtime_hooks, are_called_around_each_invocation_however_it_ends) {
    happened.clear();
    const function handler{"f", [](event given, context& about) -> task<response> {
                               happened.push_back("handler " + std::string{about.request_id()});
                               (void)co_await about.loop().yield();
                               if (given.text() == "2")
                                   throw std::out_of_range{"too far"};
                               co_return response::json(given.bytes());
                           }};
    run({{event_answer("a", "1")},
         {accepted_answer()},
         {event_answer("b", "2")},
         {accepted_answer()},
         {event_answer("c", "3")},
         {answer(413, "", "{}")}},
        handler, "", false, noting_hooks);
    EXPECT_EQ(happened,
              (lines{"start a", "handler a", "end a 1", "start b", "handler b",
                     "end b std::out_of_range: too far", "start c", "handler c", "end c 3"}));
}

TEST(runtime_hooks, may_be_one_of_the_two) {
    happened.clear();
    for (const bool starts : {true, false}) {
        const spry::invocation_hooks one{starts ? noting_hooks.start : nullptr,
                                         starts ? nullptr : noting_hooks.end};
        run({{event_answer("a", "1")}, {accepted_answer()}}, {"f", echo}, "", false, one);
    }
    EXPECT_EQ(happened, (lines{"start a", "end a 1"}));
}

TEST(runtime, keeps_event_and_context_until_the_answer_is_acknowledged) {
    const function spy{"f", [](event given, context& about) -> task<response> {
                           (void)co_await about.loop().sleep_for(std::chrono::milliseconds{1});
                           std::pmr::string* text =
                               new (about.arena().allocate(sizeof(std::pmr::string)))
                                   std::pmr::string{about.request_id(), &about.arena()};
                           text->append(given.text());
                           co_return response::text(std::string_view{*text});
                       }};
    const ended outcome = run({{event_answer("id", "[1]")}, {accepted_answer(), false, true}}, spy);
    EXPECT_EQ(outcome.requests.at(1).body, "id[1]");
}

// architecture 6: shortly before the deadline the stop token fires, and the answer is still posted.
TEST(runtime, asks_a_suspended_handler_to_stop_before_the_deadline) {
    const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(
        (std::chrono::system_clock::now() + context::default_stop_margin +
         std::chrono::milliseconds{30})
            .time_since_epoch());
    const std::string event_text =
        answer(200,
               "Lambda-Runtime-Aws-Request-Id: d\r\nLambda-Runtime-Deadline-Ms: " +
                   std::to_string(deadline.count()) + "\r\n",
               "1");
    const function patient{
        "f", [](event, context& about) -> task<std::string> {
            const auto slept = co_await about.loop().sleep_for(std::chrono::hours{1}, about.stop());
            co_return slept ? "slept" : "stopped, " + std::to_string(about.should_stop());
        }};
    const ended outcome = run({{event_text}, {accepted_answer()}}, patient);
    EXPECT_EQ(outcome.requests.at(1).body, "\"stopped, 1\"");
}

// A handler that has ended leaves no timer behind that would fire into the next invocation.
TEST(runtime, forgets_the_deadline_of_a_handler_that_has_ended) {
    const function quick{"f", [](event, context& about) -> task<bool> {
                             (void)co_await about.loop().sleep_for(std::chrono::milliseconds{1},
                                                                   about.stop());
                             co_return about.stop().stop_requested();
                         }};
    const ended outcome = run({{event_answer("a", "1")},
                               {accepted_answer()},
                               {event_answer("b", "1")},
                               {accepted_answer()}},
                              quick);
    EXPECT_EQ(outcome.requests.at(1).body, "false");
    EXPECT_EQ(outcome.requests.at(3).body, "false");
}

// architecture 4.6: the call for the next event goes out behind the response, in the same write.
ended run_pipelined(std::vector<script_step> script, const function& handler) {
    return run(std::move(script), handler, "", true);
}

TEST(runtime_pipeline, sends_the_next_call_behind_each_response) {
    const ended outcome = run_pipelined({{event_answer("a", "[1]")},
                                         {accepted_answer()},
                                         {event_answer("b", "[2]")},
                                         {accepted_answer() + event_answer("c", "[3]")},
                                         {""},
                                         {accepted_answer(), false, true}},
                                        {"f", echo});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.lines(),
              (lines{std::string{next_line}, response_line("a"), std::string{next_line},
                     response_line("b"), std::string{next_line}, response_line("c"),
                     std::string{next_line}}));
    EXPECT_EQ(outcome.requests[1].body, "[1]");
    EXPECT_EQ(outcome.requests[3].body, "[2]");
    EXPECT_EQ(outcome.requests[5].body, "[3]");
    for (const std::size_t post : {1, 3, 5})
        EXPECT_TRUE(outcome.requests[post].is_followed) << post;
    EXPECT_EQ(outcome.requests.back().connection, 1);
}

TEST(runtime_pipeline, is_not_used_for_errors) {
    const function throwing{"f", [](event) -> response { throw std::runtime_error{"no"}; }};
    const ended outcome = run_pipelined({{event_answer("a", "1")}, {accepted_answer()}}, throwing);
    EXPECT_EQ(outcome.requests.at(1).start_line, error_line("a"));
    EXPECT_FALSE(outcome.requests[1].is_followed);
}

// invocation_hooks.hpp: the end is told before the next event is asked for.
TEST(runtime_pipeline, waits_for_the_end_hook) {
    happened.clear();
    const ended outcome =
        run({{event_answer("a", "1")}, {accepted_answer()}, {event_answer("b", "2")}}, {"f", echo},
            "", true, noting_hooks);
    ASSERT_GE(outcome.requests.size(), 3u);
    EXPECT_FALSE(outcome.requests[1].is_followed);
    EXPECT_EQ(outcome.requests[2].start_line, next_line);
    EXPECT_EQ(happened.at(1), "end a 1");
}

// 413 leaves the pipelined call standing; the other two take it with them.
TEST(runtime_pipeline, ends_with_the_first_sign_of_trouble) {
    const script_step troubles[] = {
        {answer(413, "", "{}")},
        {answer(202, "Connection: close\r\n", "{}"), true},
        {"", true},
    };
    for (const script_step& trouble : troubles) {
        SCOPED_TRACE(trouble.answer);
        const ended outcome = run_pipelined({{event_answer("a", "1")},
                                             trouble,
                                             {event_answer("b", "2")},
                                             {accepted_answer()},
                                             {event_answer("c", "3")},
                                             {accepted_answer()}},
                                            {"f", echo});
        ASSERT_EQ(outcome.requests.size(), 7u);
        EXPECT_TRUE(outcome.requests[1].is_followed);
        EXPECT_EQ(outcome.requests[3].start_line, response_line("b"));
        EXPECT_FALSE(outcome.requests[3].is_followed);
        EXPECT_EQ(outcome.requests[5].start_line, response_line("c"));
        EXPECT_FALSE(outcome.requests[5].is_followed);
    }
}

// The second response is the first whose 202 the worker sleeps through; what comes instead of it,
// or behind it in pieces, wakes it.
TEST(runtime_pipeline, wakes_for_whatever_comes_with_the_answer_it_sleeps_through) {
    script_step in_pieces{event_answer("c", "3")};
    in_pieces.byte_by_byte = true;
    script_step slow = in_pieces;
    slow.answer = answer(202, "X-Longer: than the one before\r\n", "{}") + slow.answer;
    const std::vector<std::vector<script_step>> scripts{
        {{accepted_answer()}, in_pieces},
        {{answer(202, "X-Longer: than the one before\r\n", "{}")}, in_pieces},
        {{answer(202, "", "")}, in_pieces},
        {slow, {""}},
        {{accepted_answer(), true}, {event_answer("c", "3")}},
    };
    for (const std::vector<script_step>& script : scripts) {
        SCOPED_TRACE(script.front().answer);
        std::vector<script_step> whole{
            {event_answer("a", "1")}, {accepted_answer()}, {event_answer("b", "2")}};
        whole.insert(whole.end(), script.begin(), script.end());
        whole.push_back({accepted_answer()});
        const ended outcome = run_pipelined(std::move(whole), {"f", echo});
        EXPECT_EQ(outcome.exit_code, 1);
        ASSERT_EQ(outcome.requests.size(), 7u);
        EXPECT_EQ(outcome.requests[5].start_line, response_line("c"));
        EXPECT_EQ(outcome.requests[5].body, "3");
    }
}

// In a process of its own, since a request to end cannot be taken back.
[[noreturn]] void be_told_to_end_while_waiting() {
    spry::io::termination::install();
    std::vector<script_step> script{{event_answer("a", "1")}, {accepted_answer()}};
    script.push_back({"", false, false, SIZE_MAX, SIGTERM});
    fake_runtime_api api{std::move(script)};
    ::_exit(run_worker(api.address(), {"f", echo}));
}

[[noreturn]] void be_told_to_end_while_answering() {
    spry::io::termination::install();
    fake_runtime_api api{
        {{event_answer("a", "1")}, {accepted_answer()}, {event_answer("never", "1")}}};
    const function raising{"f", [](event given) {
                               ::raise(SIGTERM);
                               return response::json(given.bytes());
                           }};
    const int code = run_worker(api.address(), raising);
    const auto& requests = api.finish();
    const bool answered = requests.size() == 2 && requests[1].start_line == response_line("a");
    ::_exit(code == 0 && answered ? 0 : 9);
}

TEST(runtime_death, ends_with_0_when_sigterm_comes_while_it_waits) {
    EXPECT_EXIT(be_told_to_end_while_waiting(), testing::ExitedWithCode(0), "");
}

TEST(runtime_death, answers_the_event_in_hand_before_it_ends) {
    EXPECT_EXIT(be_told_to_end_while_answering(), testing::ExitedWithCode(0), "");
}

} // namespace
