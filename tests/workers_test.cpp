// SPDX-License-Identifier: Apache-2.0
// Several workers of one process: the rows of runtime-contract 3.1, 3.2, 11.8 and 11.11, on one
// loop over real sockets and over a scripted network, and on several threads. With chance as its
// script: simulation_test.cpp.
#include <spry/handler_api/detail/concurrent_work.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/posted.hpp>
#include <spry/io/termination.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/captured_output.hpp"
#include "support/crowd_runtime_api.hpp"
#include "support/fake_runtime_api.hpp"
#include "support/forked.hpp"
#include "support/scripted_crowd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::task;
using spry::task_scope;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::crowd_call;
using spry::testing::crowd_runtime_api;
using spry::testing::crowd_script;
using spry::tests::captured_output;
using spry::tests::exit_code_of;
using spry::tests::scripted_crowd;

/// What carries the bytes: sockets, on one backend or another, or a scripted network.
enum class network { automatic, epoll, scripted };

struct process_plan {
    unsigned workers = 1;
    spry::thread_count threads = {};
    bool pipelines = false;
    network over = network::automatic;
};

io::backend_choice backend_of(const process_plan& plan) {
    return plan.over == network::epoll ? io::backend_choice::epoll : io::backend_choice::automatic;
}

// What spry::run does behind its checks, on a loop that is there.
task<int> work(const process_plan* plan, io::event_loop* loop, io::address peer,
               const function* handler) {
    const std::string address = peer.to_string();
    const spry::endpoint_parse where = spry::parse_endpoint(address);
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    spry::environment variables;
    variables.pipeline = plan->pipelines;
    spry::runtime_client client{*loop,
                                where.value,
                                peer,
                                {memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::error,
                                plan->pipelines,
                                spry::worker_place{0, plan->workers}};
    spry::runtime first{*loop, variables, client, *handler, spry::log_level::error};
    const spry::detail::worker_settings settings{
        variables, where.value, peer, *handler, spry::log_level::error, {}, plan->workers};
    const spry::detail::concurrent_work several{first, settings, backend_of(*plan), plan->threads};
    task<int> all =
        plan->workers == 1 ? first.run() : spry::detail::work_concurrently(&several, loop);
    const int code = co_await std::move(all);
    co_return code;
}

constexpr const char* text_of(network over) {
    return over == network::automatic ? "automatic" : over == network::epoll ? "epoll" : "scripted";
}
std::string name_of_network(const testing::TestParamInfo<network>& each) {
    return text_of(each.param);
}
std::string name_of_crowd(const testing::TestParamInfo<std::tuple<unsigned, network>>& each) {
    return std::to_string(std::get<unsigned>(each.param)) + "_" +
           text_of(std::get<network>(each.param));
}

/// What has become of a process, and what its Runtime API has seen.
struct ended {
    int exit_code = -1;
    std::string log;
    std::vector<crowd_call> calls;
    std::multimap<std::string, std::string> answers;
    std::vector<std::string> answered;
    int connections = 0;
    std::size_t waiting_max = 0;

    void see(const spry::testing::crowd_service& api) {
        calls = api.calls();
        answers = api.answers();
        answered = api.answered();
        connections = api.connections();
        waiting_max = api.waiting_max();
    }
};

task<int> serve_and_work(const process_plan* plan, io::event_loop* loop, scripted_crowd* api,
                         const function* handler) {
    task_scope serving;
    serving.spawn(api->run());
    const int code = co_await work(plan, loop, api->address(), handler);
    api->stop();
    co_await serving.join();
    co_return code;
}

ended run(crowd_script script, const function& handler, const process_plan& plan) {
    ended outcome;
    captured_output log;
    if (plan.over == network::scripted) {
        const auto loop = io::testing::make_scripted_loop({});
        scripted_crowd api{*loop, std::move(script)};
        outcome.exit_code = loop->run(serve_and_work(&plan, loop.get(), &api, &handler));
        outcome.see(api);
    } else {
        crowd_runtime_api api{std::move(script)};
        const auto loop = io::event_loop::create(backend_of(plan)).value();
        const std::string address = api.address();
        const spry::endpoint_parse where = spry::parse_endpoint(address);
        const auto peer = io::address::from_numeric(where.value.host, where.value.port);
        outcome.exit_code = loop->run(work(&plan, loop.get(), *peer, &handler));
        api.finish();
        outcome.see(api);
    }
    outcome.log = log.finish();
    return outcome;
}

std::size_t count_of(std::string_view text, std::string_view phrase) {
    std::size_t found = 0;
    for (std::size_t at = text.find(phrase); at != text.npos; at = text.find(phrase, at + 1))
        ++found;
    return found;
}

std::vector<std::string> numbered_bodies(std::size_t count) {
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < count; ++i)
        bodies.push_back("[" + std::to_string(i) + "]");
    return bodies;
}

// Each id once, and with what belongs to it.
void expect_each_echoed_once(const ended& outcome, const std::vector<std::string>& bodies) {
    EXPECT_EQ(outcome.answers.size(), bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const std::string id = "e" + std::to_string(i);
        ASSERT_EQ(outcome.answers.count(id), 1u) << id;
        EXPECT_EQ(outcome.answers.find(id)->second, "response " + bodies[i]) << id;
    }
}

response echo(event given) {
    return response::json(given.bytes());
}

task<response> echo_behind_others(event given, context& about) {
    (void)co_await about.loop().yield();
    co_return response::json(given.bytes());
}

// --- 3.1: workers and their connections ----------------------------------------------------------

class contract_3_1 : public testing::TestWithParam<std::tuple<unsigned, network>> {
protected:
    static unsigned workers() { return std::get<unsigned>(GetParam()); }
    static process_plan plan() { return {workers(), {}, false, std::get<network>(GetParam())}; }
};
INSTANTIATE_TEST_SUITE_P(workers, contract_3_1,
                         testing::Combine(testing::Values(1U, 2U, 64U),
                                          testing::Values(network::automatic, network::scripted)),
                         name_of_crowd);

TEST_P(contract_3_1, as_many_calls_for_an_event_wait_at_once_as_there_are_workers) {
    const std::vector<std::string> bodies = numbered_bodies(5 * std::size_t{workers()});
    const ended outcome = run({bodies, workers()}, {"f", echo_behind_others}, plan());
    EXPECT_EQ(outcome.waiting_max, workers());
    EXPECT_EQ(outcome.connections, static_cast<int>(workers()));
    expect_each_echoed_once(outcome, bodies);
    EXPECT_EQ(outcome.exit_code, 1); // 403 for each worker
}

TEST_P(contract_3_1, each_worker_keeps_its_connection) {
    const ended outcome =
        run({numbered_bodies(5 * std::size_t{workers()}), workers()}, {"f", echo}, plan());
    // On one connection a next and an answer take turns.
    std::vector<bool> asks_next(static_cast<std::size_t>(outcome.connections), true);
    for (const crowd_call& call : outcome.calls) {
        const auto worker = static_cast<std::size_t>(call.connection - 1);
        EXPECT_EQ(call.is_next, asks_next[worker]) << call.target;
        asks_next[worker] = !call.is_next;
    }
}

TEST_P(contract_3_1, each_invocation_has_a_context_of_its_own) {
    const function telling{"f", [](event, context& about) -> task<response> {
                               const std::string before{about.request_id()};
                               auto* const mark =
                                   static_cast<char*>(about.arena().allocate(before.size(), 1));
                               std::ranges::copy(before, mark);
                               for (int i = 0; i < 5; ++i)
                                   (void)co_await about.loop().yield();
                               const bool is_same =
                                   about.request_id() == std::string_view{mark, before.size()};
                               co_return response::text(before + (is_same ? "" : " mixed up"));
                           }};
    const std::size_t count = 4 * std::size_t{workers()};
    const ended outcome = run({numbered_bodies(count), workers()}, telling, plan());
    EXPECT_EQ(outcome.answers.size(), count);
    for (const auto& [id, text] : outcome.answers)
        EXPECT_EQ(text, "response " + id);
}

// Typed handlers read into a parser and an arena of the worker's own.
TEST_P(contract_3_1, what_one_invocation_has_read_survives_the_others) {
    const function typed{
        "f", [](std::vector<std::string_view> words, context& about) -> task<std::string> {
            for (int i = 0; i < 3; ++i)
                (void)co_await about.loop().yield();
            std::string all;
            for (const std::string_view word : words)
                all += word;
            co_return all;
        }};
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < 4 * std::size_t{workers()}; ++i)
        bodies.push_back("[\"a\\u0062" + std::to_string(i) + "\",\"c\"]");
    const ended outcome = run({bodies, workers()}, typed, plan());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto found = outcome.answers.find("e" + std::to_string(i));
        ASSERT_NE(found, outcome.answers.end());
        EXPECT_EQ(found->second, "response \"ab" + std::to_string(i) + "c\"");
    }
}

TEST_P(contract_3_1, a_late_post_is_logged_and_its_worker_goes_on) {
    crowd_script script{numbered_bodies(20), workers()};
    script.reply = [](const crowd_call& call) {
        return call.id == "e3" ? answer(410, "", R"({"errorType":"InvokeTimeout"})") : "";
    };
    const ended outcome = run(script, {"f", echo}, plan());
    expect_each_echoed_once(outcome, numbered_bodies(20));
    EXPECT_EQ(outcome.connections, static_cast<int>(workers()));
    EXPECT_EQ(count_of(outcome.log, "did not take the answer\trequestId=e3\tstatus=410"), 1u)
        << outcome.log;
}

TEST_P(contract_3_1, events_of_every_size_stay_with_their_workers) {
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < 24; ++i)
        bodies.push_back('"' + std::string(i % 3 == 0 ? 200'000 + i : 3 + i, 'x') + '"');
    const ended outcome = run({bodies, workers()}, {"f", echo_behind_others}, plan());
    expect_each_echoed_once(outcome, bodies);
}

// --- 3.2: failures, and the end ------------------------------------------------------------------

class contract_3_2 : public testing::TestWithParam<network> {
protected:
    static process_plan four_workers(bool pipelines = false) {
        return {4, {}, pipelines, GetParam()};
    }
};
INSTANTIATE_TEST_SUITE_P(over, contract_3_2,
                         testing::Values(network::automatic, network::epoll, network::scripted),
                         name_of_network);

TEST_P(contract_3_2, a_next_that_breaks_is_tried_again_and_disturbs_nobody) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 2 ? "close" : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(outcome.connections, 5);
    EXPECT_EQ(outcome.waiting_max, 4u);
    EXPECT_EQ(count_of(outcome.log, "\tERROR\t"), 0u) << outcome.log;
}

TEST_P(contract_3_2, a_next_that_always_fails_ends_its_worker_after_five_tries) {
    crowd_script script{numbered_bodies(40), 3};
    int victim = 0;
    script.reply = [&victim](const crowd_call& call) -> std::string {
        if (call.is_next && victim == 0)
            victim = call.connection;
        return call.connection == victim ? answer(503, "", "{}") : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    const auto tries = std::ranges::count(outcome.calls, victim, &crowd_call::connection);
    EXPECT_EQ(tries, 5);
    EXPECT_EQ(count_of(outcome.log, "gives no more events; one worker ends"), 1u) << outcome.log;
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST_P(contract_3_2, a_403_on_next_ends_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 3};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 1 ? answer(403, "", "{}") : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(outcome.waiting_max, 3u);
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST_P(contract_3_2, a_500_on_a_post_ends_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) {
        return call.id == "e2" ? answer(500, "", "{}") : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(count_of(outcome.log, "the Runtime API failed; one worker ends\trequestId=e2"), 1u)
        << outcome.log;
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST_P(contract_3_2, a_post_whose_connection_breaks_is_not_sent_again) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) { return call.id == "e2" ? "close" : ""; };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(count_of(outcome.log, "whether it arrived is unknown\trequestId=e2"), 1u);
    EXPECT_EQ(outcome.connections, 5);
}

// --- a connection that breaks in other ways than by its orderly end

TEST_P(contract_3_2, a_next_that_is_reset_is_tried_again_and_disturbs_nobody) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 2 ? "reset" : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(outcome.connections, 5);
    EXPECT_EQ(outcome.waiting_max, 4u);
    EXPECT_EQ(count_of(outcome.log, "\tERROR\t"), 0u) << outcome.log;
}

// What was cut is no event: it is said, and the worker asks again.
TEST_P(contract_3_2, an_event_that_is_cut_off_is_no_event_for_anybody) {
    crowd_script script{numbered_bodies(40), 4};
    const std::string whole = spry::testing::event_answer("cut", "[1,2,3]");
    script.reply = [&whole](const crowd_call& call) -> std::string {
        return call.is_next && call.number == 3 ? "cut " + whole.substr(0, whole.size() - 2) : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(outcome.answers.count("cut"), 0u);
    EXPECT_EQ(outcome.connections, 5);
}

TEST_P(contract_3_2, a_post_that_is_reset_is_reported_once_and_not_sent_again) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) { return call.id == "e2" ? "reset" : ""; };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(count_of(outcome.log, "whether it arrived is unknown\trequestId=e2"), 1u);
    EXPECT_EQ(outcome.connections, 5);
}

// There is no limit on the wait for an event: the others answer all of them meanwhile.
TEST_P(contract_3_2, a_peer_that_vanishes_during_a_next_keeps_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 3};
    int victim = 0;
    script.reply = [&victim](const crowd_call& call) {
        if (!call.is_next || call.number != 2)
            return "";
        victim = call.connection;
        return "vanish";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(std::ranges::count(outcome.calls, victim, &crowd_call::connection), 1);
    EXPECT_EQ(outcome.connections, 5); // it dials again once its wait has ended
    EXPECT_EQ(count_of(outcome.log, "gives no more events; one worker ends"), 0u) << outcome.log;
    EXPECT_EQ(count_of(outcome.log, "refuses to give events; one worker ends"), 4u) << outcome.log;
}

TEST_P(contract_3_2, a_peer_that_vanishes_during_a_post_keeps_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 4};
    int victim = 0;
    script.reply = [&victim](const crowd_call& call) {
        if (call.id != "e2")
            return "";
        victim = call.connection;
        return "vanish";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(outcome.answered.size(), 40u);
    EXPECT_EQ(count_of(outcome.log, "whether it arrived is unknown\trequestId=e2"), 1u);
    const auto last = std::ranges::find(outcome.calls.rbegin(), outcome.calls.rend(), victim,
                                        &crowd_call::connection);
    EXPECT_EQ(last->id, "e2");
}

TEST_P(contract_3_2, a_runtime_api_that_is_gone_ends_each_worker_after_five_tries) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 20 ? "leave" : "";
    };
    const ended outcome = run(script, {"f", echo}, four_workers());
    EXPECT_EQ(outcome.connections, 4);
    EXPECT_EQ(
        count_of(outcome.log, "nobody answers where AWS_LAMBDA_RUNTIME_API says; one worker ends"),
        4u)
        << outcome.log;
    EXPECT_EQ(outcome.exit_code, 1);
}

// A signal reaches real sockets alone.
class contract_3_2_signals : public testing::TestWithParam<network> {};
INSTANTIATE_TEST_SUITE_P(over, contract_3_2_signals,
                         testing::Values(network::automatic, network::epoll), name_of_network);

int told_to_end_while_all_idle(network over, spry::thread_count threads) {
    io::termination::install();
    crowd_script script{numbered_bodies(40), 8};
    script.terminates = true;
    const ended outcome = run(script, {"f", echo}, {8, threads, false, over});
    return outcome.exit_code == 0 && outcome.answers.size() == 40 && outcome.log.empty() ? 7 : 8;
}

TEST_P(contract_3_2_signals, sigterm_ends_all_workers_that_idle_with_exit_code_0) {
    EXPECT_EQ(exit_code_of([] { return told_to_end_while_all_idle(GetParam(), {}); }), 7);
}

// Two of four have an event; the last one to get it asks for the end.
int told_to_end_while_two_are_busy(network over) {
    io::termination::install();
    int begun = 0;
    const function raising{"f", [&begun](event given, context& about) -> task<response> {
                               if (++begun == 2)
                                   ::raise(SIGTERM);
                               while (begun < 2)
                                   (void)co_await about.loop().yield();
                               co_return response::json(given.bytes());
                           }};
    crowd_script script{numbered_bodies(2), 4};
    script.terminates = true; // by then nobody waits any more
    const ended outcome = run(script, raising, {4, {}, false, over});
    return outcome.exit_code == 0 && outcome.answers.size() == 2 && outcome.log.empty() ? 7 : 8;
}

TEST_P(contract_3_2_signals, sigterm_lets_busy_workers_finish_their_event) {
    EXPECT_EQ(exit_code_of([] { return told_to_end_while_two_are_busy(GetParam()); }), 7);
}

TEST_P(contract_3_2, each_worker_pipelines_on_its_own_connection) {
    crowd_script script{numbered_bodies(40), 4};
    const ended outcome = run(script, {"f", echo}, four_workers(true));
    expect_each_echoed_once(outcome, numbered_bodies(40));
    EXPECT_EQ(outcome.connections, 4);
    const auto followed = std::ranges::count_if(
        outcome.calls, [](const crowd_call& call) { return !call.is_next && call.is_followed; });
    EXPECT_EQ(followed, 40);
}

TEST_P(contract_3_2, one_refusal_ends_pipelining_for_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 4};
    int victim = 0;
    script.reply = [&victim](const crowd_call& call) -> std::string {
        if (call.id != "e0")
            return "";
        victim = call.connection;
        return answer(400, "", "{}");
    };
    const ended outcome = run(script, {"f", echo}, four_workers(true));
    expect_each_echoed_once(outcome, numbered_bodies(40));
    for (const crowd_call& call : outcome.calls) {
        if (!call.is_next && call.id != "e0") {
            EXPECT_EQ(call.is_followed, call.connection != victim) << call.id;
        }
    }
}

// 1.8, init/error: whoever comes second has nothing to add.
TEST(contract_3_2, an_init_error_that_another_process_has_reported_is_no_problem) {
    crowd_script script{};
    script.reply = [](const crowd_call&) { return answer(403, "", "{}"); };
    crowd_runtime_api api{script};
    captured_output log;
    const std::string address = api.address();
    const spry::endpoint_parse where = spry::parse_endpoint(address);
    const auto peer = io::address::from_numeric(where.value.host, where.value.port);
    const auto loop = io::event_loop::create(io::backend_choice::automatic).value();
    std::array<std::byte, 4096> memory;
    {
        spry::runtime_client client{*loop,
                                    where.value,
                                    *peer,
                                    memory,
                                    spry::log_level::trace,
                                    false,
                                    spry::worker_place{0, 8}};
        spry::arena arena;
        loop->run(client.post_start_error(spry::runtime_api::init_error_path,
                                          {"Runtime.Whatever", "no database"}, arena));
    }
    EXPECT_EQ(log.finish(), "");
    api.finish();
    ASSERT_EQ(api.calls().size(), 1u);
    EXPECT_EQ(api.calls()[0].target, "/2018-06-01/runtime/init/error");
}

// --- 11.8: out of order, once, and faults
// ---------------------------------------------------------

class contract_11_8 : public testing::TestWithParam<std::tuple<unsigned, network>> {
protected:
    static unsigned workers() { return std::get<unsigned>(GetParam()); }
    static process_plan plan() { return {workers(), {}, false, std::get<network>(GetParam())}; }
};
INSTANTIATE_TEST_SUITE_P(workers, contract_11_8,
                         testing::Combine(testing::Values(1U, 2U, 64U),
                                          testing::Values(network::automatic, network::scripted)),
                         name_of_crowd);

// Of as many events as there are workers each handler waits for the one that got the next event.
// The very first waits for the very last event, which is given only when those have been answered.
TEST_P(contract_11_8, the_first_event_given_may_be_answered_last) {
    const std::size_t together = workers();
    const std::size_t count = 2 * together - 1;
    std::vector<std::unique_ptr<io::async_event>> done(count);
    std::vector<std::string> order;
    const auto event_at = [&done](context& about, std::size_t index) {
        if (!done[index])
            done[index] = std::make_unique<io::async_event>(about.loop());
        return done[index].get();
    };
    const function patient{
        "f", [&](event given, context& about) {
            const auto number =
                static_cast<std::size_t>(std::stoul(std::string{about.request_id().substr(1)}));
            io::async_event* next = nullptr;
            if (number == 0 && count > 1)
                next = event_at(about, count - 1);
            else if (number + 1 < together)
                next = event_at(about, number + 1);
            constexpr auto answer_behind = [](event of, io::async_event* other,
                                              io::async_event* own, std::string id,
                                              std::vector<std::string>* all) -> task<response> {
                if (other != nullptr)
                    (void)co_await other->wait();
                own->set();
                all->push_back(std::move(id));
                co_return response::json(of.bytes());
            };
            return answer_behind(given, next, event_at(about, number),
                                 std::string{about.request_id()}, &order);
        }};
    const ended outcome = run({numbered_bodies(count), workers()}, patient, plan());
    expect_each_echoed_once(outcome, numbered_bodies(count));
    const auto place_of = [](const std::vector<std::string>& all, std::size_t number) {
        return std::ranges::find(all, "e" + std::to_string(number)) - all.begin();
    };
    for (std::size_t i = 1; i < together; ++i) {
        EXPECT_LT(place_of(outcome.answered, i), place_of(outcome.answered, 0)) << i;
        if (i + 1 < together) {
            EXPECT_LT(place_of(order, i + 1), place_of(order, i)) << i;
        }
    }
}

TEST_P(contract_11_8, a_handler_that_throws_leaves_the_others_alone) {
    const function moody{"f", [](event given, context& about) -> task<response> {
                             (void)co_await about.loop().yield();
                             if (about.request_id().ends_with('3'))
                                 throw std::runtime_error{std::string{about.request_id()}};
                             co_return response::json(given.bytes());
                         }};
    const std::size_t count = 10 * std::size_t{workers()};
    const ended outcome = run({numbered_bodies(count), workers()}, moody, plan());
    EXPECT_EQ(outcome.connections, static_cast<int>(workers()));
    EXPECT_EQ(outcome.answers.size(), count);
    for (const auto& [id, text] : outcome.answers) {
        if (id.ends_with('3'))
            EXPECT_TRUE(text.starts_with("error {\"errorMessage\":\"" + id + "\"")) << text;
        else
            EXPECT_EQ(text, "response [" + id.substr(1) + "]");
    }
}

// --- 11.11: the trace variable
// --------------------------------------------------------------------

TEST(contract_11_11, the_trace_variable_is_never_touched_where_there_are_several_workers) {
    ::setenv("_X_AMZN_TRACE_ID", "somebody's", 1);
    const function looking{"f", [](event, context& about) {
                               const char* const variable = std::getenv("_X_AMZN_TRACE_ID");
                               return response::text(
                                   std::string{variable == nullptr ? "none" : variable} + " " +
                                   std::string{about.trace_id()});
                           }};
    const ended outcome = run({numbered_bodies(8), 2}, looking, {2});
    ::unsetenv("_X_AMZN_TRACE_ID");
    EXPECT_EQ(outcome.answers.size(), 8u);
    for (const auto& [id, text] : outcome.answers) {
        EXPECT_EQ(text, "response somebody's "
                        "Root=1-5f84c7a9-000000000000000000000001;Sampled=0");
    }
}

// --- several threads
// ------------------------------------------------------------------------------

// Which threads handlers have run on.
class seen_threads {
public:
    void note() {
        const std::lock_guard lock{mutex_};
        ids_.insert(std::this_thread::get_id());
    }
    std::size_t count() const { return ids_.size(); }

private:
    std::mutex mutex_;
    std::set<std::thread::id> ids_;
};

TEST(worker_threads, spread_the_workers_over_loops_of_their_own) {
    seen_threads seen;
    std::atomic<unsigned> begun{0};
    // Blocks its thread until another one is in here too.
    const function computing{"f", [&](event given) {
                                 seen.note();
                                 ++begun;
                                 while (begun < 4)
                                     std::this_thread::yield();
                                 return response::json(given.bytes());
                             }};
    const std::vector<std::string> bodies = numbered_bodies(200);
    const ended outcome = run({bodies, 8}, computing, {8, 4});
    expect_each_echoed_once(outcome, bodies);
    EXPECT_EQ(seen.count(), 4u);
    EXPECT_EQ(outcome.connections, 8);
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST(worker_threads, are_no_more_than_workers) {
    seen_threads seen;
    std::atomic<unsigned> begun{0};
    const function counting{"f", [&](event given) {
                                seen.note();
                                ++begun;
                                while (begun < 3)
                                    std::this_thread::yield();
                                return response::json(given.bytes());
                            }};
    const ended outcome = run({numbered_bodies(30), 3}, counting, {3, 16});
    expect_each_echoed_once(outcome, numbered_bodies(30));
    EXPECT_EQ(seen.count(), 3u);
}

TEST(worker_threads, one_for_each_cpu_answers_everything_too) {
    const ended outcome =
        run({numbered_bodies(200), 9}, {"f", echo_behind_others}, {9, spry::per_cpu});
    expect_each_echoed_once(outcome, numbered_bodies(200));
}

TEST(worker_threads, have_stacks_of_a_mebibyte) {
    const function deep{"f", [](event given) {
                            std::array<volatile char, 900 * 1024> large;
                            large.front() = 1;
                            large.back() = 2;
                            return response::text(std::to_string(large.front() + large.back()) +
                                                  std::string{given.text()});
                        }};
    const ended outcome = run({numbered_bodies(40), 4}, deep, {4, 4});
    EXPECT_EQ(outcome.answers.size(), 40u);
    EXPECT_EQ(outcome.answers.find("e7")->second, "response 3[7]");
}

TEST(worker_threads, end_with_exit_code_0_where_sigterm_finds_them_idle) {
    EXPECT_EQ(exit_code_of([] { return told_to_end_while_all_idle(network::automatic, 4); }), 7);
}

task<response> compute_elsewhere(event given, context& about) {
    const spry::result<> open = about.loop().open_door();
    if (!open)
        throw std::runtime_error{open.error().message()};
    std::string computed;
    io::posted finished{about.loop()};
    std::thread other{[&computed, &finished, &given] {
        computed = "computed " + std::string{given.text()};
        finished.post();
    }};
    co_await std::move(finished);
    other.join();
    co_return response::text(std::move(computed));
}

// Each loop has a door of its own.
TEST(worker_threads, are_woken_by_other_threads) {
    const ended outcome =
        run({numbered_bodies(80), 8}, {"f", compute_elsewhere}, process_plan{8, 4});
    EXPECT_EQ(outcome.answers.size(), 80u);
    for (const auto& [id, text] : outcome.answers)
        EXPECT_EQ(text, "response computed [" + id.substr(1) + "]");
}

TEST(worker_threads, report_what_they_throw_at_the_same_time) {
    const function throwing{"f", [](event, context& about) -> response {
                                throw std::runtime_error{std::string{about.request_id()}};
                            }};
    const ended outcome = run({numbered_bodies(80), 8}, throwing, process_plan{8, 4});
    EXPECT_EQ(outcome.answers.size(), 80u);
    for (const auto& [id, text] : outcome.answers)
        EXPECT_TRUE(text.starts_with("error {\"errorMessage\":\"" + id + "\"")) << text;
    EXPECT_EQ(count_of(outcome.log, "\tERROR\tthe handler failed\terrorType=std::runtime_error\t"),
              80u);
}

TEST(worker_threads, log_whole_records_at_the_same_time) {
    const std::string rest(3000, 'r');
    const function logging{"f", [&rest](event given, context& about) {
                               about.log().error("begun", {{"rest", rest}});
                               spry::process_log().error("of the process", {{"rest", rest}});
                               return response::json(given.bytes());
                           }};
    const ended outcome = run({numbered_bodies(80), 8}, logging, process_plan{8, 4});
    expect_each_echoed_once(outcome, numbered_bodies(80));
    for (int i = 0; i != 80; ++i) {
        const std::string record =
            "\te" + std::to_string(i) + "\tERROR\tbegun\trest=" + rest + "\n";
        EXPECT_EQ(count_of(outcome.log, record), 1u) << i;
    }
    EXPECT_EQ(count_of(outcome.log, "of the process\trest=" + rest + "\n"), 80u);
}

TEST(worker_threads, leave_each_other_alone_when_one_loses_its_workers) {
    crowd_script script{numbered_bodies(60), 3};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 1 ? answer(403, "", "{}") : "";
    };
    const ended outcome = run(script, {"f", echo}, {4, 4});
    expect_each_echoed_once(outcome, numbered_bodies(60));
    EXPECT_EQ(outcome.exit_code, 1);
}

} // namespace
