// SPDX-License-Identifier: Apache-2.0
// Several workers of one process: the rows of runtime-contract 3.1, 3.2, 11.8 and 11.11, over real
// sockets, on one loop and on several threads. Over scripted networks: simulation_test.cpp.
#include <spry/handler_api/detail/concurrent_work.hpp>

#include <spry/core/arena.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/termination.hpp>

#include "support/captured_output.hpp"
#include "support/crowd_runtime_api.hpp"
#include "support/fake_runtime_api.hpp"
#include "support/forked.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::crowd_call;
using spry::testing::crowd_runtime_api;
using spry::testing::crowd_script;
using spry::tests::captured_output;
using spry::tests::exit_code_of;

struct process_plan {
    unsigned workers = 1;
    spry::thread_count threads = {};
    bool pipelines = false;
    io::backend_choice backend = io::backend_choice::automatic;
};

// What spry::run does behind its checks.
int run_workers(const std::string& address, const function& handler, const process_plan& plan) {
    const spry::endpoint_parse where = spry::parse_endpoint(address);
    const auto peer = io::address::from_numeric(where.value.host, where.value.port);
    const auto loop = io::event_loop::create(plan.backend).value();
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    spry::environment variables;
    variables.pipeline = plan.pipelines;
    spry::runtime_client client{*loop,
                                where.value,
                                *peer,
                                {memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::error,
                                plan.pipelines,
                                spry::worker_place{0, plan.workers}};
    spry::runtime first{*loop, variables, client, handler, spry::log_level::error};
    if (plan.workers == 1)
        return loop->run(first.run());
    const spry::detail::worker_settings settings{
        variables, where.value, *peer, handler, spry::log_level::error, {}, plan.workers};
    const spry::detail::concurrent_work work{first, settings, plan.backend, plan.threads};
    return loop->run(spry::detail::work_concurrently(&work, loop.get()));
}

struct ended {
    int exit_code = -1;
    std::string log;
};

ended run(crowd_runtime_api& api, const function& handler, const process_plan& plan) {
    ended outcome;
    captured_output log;
    outcome.exit_code = run_workers(api.address(), handler, plan);
    outcome.log = log.finish();
    api.finish();
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
void expect_each_echoed_once(const crowd_runtime_api& api, const std::vector<std::string>& bodies) {
    EXPECT_EQ(api.answers().size(), bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const std::string id = "e" + std::to_string(i);
        ASSERT_EQ(api.answers().count(id), 1u) << id;
        EXPECT_EQ(api.answers().find(id)->second, "response " + bodies[i]) << id;
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

class contract_3_1 : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(workers, contract_3_1, testing::Values(1U, 2U, 64U));

TEST_P(contract_3_1, as_many_calls_for_an_event_wait_at_once_as_there_are_workers) {
    const std::vector<std::string> bodies = numbered_bodies(5 * std::size_t{GetParam()});
    crowd_runtime_api api{{bodies, GetParam()}};
    const ended outcome = run(api, {"f", echo_behind_others}, {GetParam()});
    EXPECT_EQ(api.waiting_max(), GetParam());
    EXPECT_EQ(api.connections(), static_cast<int>(GetParam()));
    expect_each_echoed_once(api, bodies);
    EXPECT_EQ(outcome.exit_code, 1); // 403 for each worker
}

TEST_P(contract_3_1, each_worker_keeps_its_connection) {
    crowd_runtime_api api{{numbered_bodies(5 * std::size_t{GetParam()}), GetParam()}};
    run(api, {"f", echo}, {GetParam()});
    // On one connection a next and an answer take turns.
    std::vector<bool> asks_next(static_cast<std::size_t>(api.connections()), true);
    for (const crowd_call& call : api.calls()) {
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
    const std::size_t count = 4 * std::size_t{GetParam()};
    crowd_runtime_api api{{numbered_bodies(count), GetParam()}};
    run(api, telling, {GetParam()});
    EXPECT_EQ(api.answers().size(), count);
    for (const auto& [id, text] : api.answers())
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
    for (std::size_t i = 0; i < 4 * std::size_t{GetParam()}; ++i)
        bodies.push_back("[\"a\\u0062" + std::to_string(i) + "\",\"c\"]");
    crowd_runtime_api api{{bodies, GetParam()}};
    run(api, typed, {GetParam()});
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto found = api.answers().find("e" + std::to_string(i));
        ASSERT_NE(found, api.answers().end());
        EXPECT_EQ(found->second, "response \"ab" + std::to_string(i) + "c\"");
    }
}

TEST(contract_3_1, a_late_post_is_logged_and_its_worker_goes_on) {
    crowd_script script{numbered_bodies(20), 4};
    script.reply = [](const crowd_call& call) {
        return call.id == "e3" ? answer(410, "", R"({"errorType":"InvokeTimeout"})") : "";
    };
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4});
    expect_each_echoed_once(api, numbered_bodies(20));
    EXPECT_EQ(api.connections(), 4);
    EXPECT_EQ(count_of(outcome.log, "did not take the answer\trequestId=e3\tstatus=410"), 1u)
        << outcome.log;
}

TEST(contract_3_1, events_of_every_size_stay_with_their_workers) {
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < 24; ++i)
        bodies.push_back('"' + std::string(i % 3 == 0 ? 200'000 + i : 3 + i, 'x') + '"');
    crowd_runtime_api api{{bodies, 8}};
    run(api, {"f", echo_behind_others}, {8});
    expect_each_echoed_once(api, bodies);
}

// --- 3.2: failures, and the end ------------------------------------------------------------------

class contract_3_2 : public testing::TestWithParam<io::backend_choice> {};
INSTANTIATE_TEST_SUITE_P(backends, contract_3_2,
                         testing::Values(io::backend_choice::automatic, io::backend_choice::epoll),
                         [](const auto& each) {
                             return each.param == io::backend_choice::epoll ? "epoll" : "automatic";
                         });

TEST_P(contract_3_2, a_next_that_breaks_is_tried_again_and_disturbs_nobody) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 2 ? "close" : "";
    };
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4, {}, false, GetParam()});
    expect_each_echoed_once(api, numbered_bodies(40));
    EXPECT_EQ(api.connections(), 5);
    EXPECT_EQ(api.waiting_max(), 4u);
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
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4, {}, false, GetParam()});
    expect_each_echoed_once(api, numbered_bodies(40));
    const auto tries = std::ranges::count(api.calls(), victim, &crowd_call::connection);
    EXPECT_EQ(tries, 5);
    EXPECT_EQ(count_of(outcome.log, "gives no more events; one worker ends"), 1u) << outcome.log;
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST_P(contract_3_2, a_403_on_next_ends_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 3};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 1 ? answer(403, "", "{}") : "";
    };
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4, {}, false, GetParam()});
    expect_each_echoed_once(api, numbered_bodies(40));
    EXPECT_EQ(api.waiting_max(), 3u);
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST_P(contract_3_2, a_500_on_a_post_ends_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) {
        return call.id == "e2" ? answer(500, "", "{}") : "";
    };
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4, {}, false, GetParam()});
    expect_each_echoed_once(api, numbered_bodies(40));
    EXPECT_EQ(count_of(outcome.log, "the Runtime API failed; one worker ends\trequestId=e2"), 1u)
        << outcome.log;
    EXPECT_EQ(outcome.exit_code, 1);
}

TEST_P(contract_3_2, a_post_whose_connection_breaks_is_not_sent_again) {
    crowd_script script{numbered_bodies(40), 4};
    script.reply = [](const crowd_call& call) { return call.id == "e2" ? "close" : ""; };
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4, {}, false, GetParam()});
    expect_each_echoed_once(api, numbered_bodies(40));
    EXPECT_EQ(count_of(outcome.log, "whether it arrived is unknown\trequestId=e2"), 1u);
    EXPECT_EQ(api.connections(), 5);
}

int told_to_end_while_all_idle(io::backend_choice backend, spry::thread_count threads) {
    io::termination::install();
    crowd_script script{numbered_bodies(40), 8};
    script.terminates = true;
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {8, threads, false, backend});
    return outcome.exit_code == 0 && api.answers().size() == 40 && outcome.log.empty() ? 7 : 8;
}

TEST_P(contract_3_2, sigterm_ends_all_workers_that_idle_with_exit_code_0) {
    EXPECT_EQ(exit_code_of([] { return told_to_end_while_all_idle(GetParam(), {}); }), 7);
}

// Two of four have an event; the last one to get it asks for the end.
int told_to_end_while_two_are_busy(io::backend_choice backend) {
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
    crowd_runtime_api api{script};
    const ended outcome = run(api, raising, {4, {}, false, backend});
    return outcome.exit_code == 0 && api.answers().size() == 2 && outcome.log.empty() ? 7 : 8;
}

TEST_P(contract_3_2, sigterm_lets_busy_workers_finish_their_event) {
    EXPECT_EQ(exit_code_of([] { return told_to_end_while_two_are_busy(GetParam()); }), 7);
}

TEST(contract_3_2, each_worker_pipelines_on_its_own_connection) {
    crowd_script script{numbered_bodies(40), 4};
    crowd_runtime_api api{script};
    run(api, {"f", echo}, {4, {}, true});
    expect_each_echoed_once(api, numbered_bodies(40));
    EXPECT_EQ(api.connections(), 4);
    const auto followed = std::ranges::count_if(
        api.calls(), [](const crowd_call& call) { return !call.is_next && call.is_followed; });
    EXPECT_EQ(followed, 40);
}

TEST(contract_3_2, one_refusal_ends_pipelining_for_its_worker_alone) {
    crowd_script script{numbered_bodies(40), 4};
    int victim = 0;
    script.reply = [&victim](const crowd_call& call) -> std::string {
        if (call.id != "e0")
            return "";
        victim = call.connection;
        return answer(400, "", "{}");
    };
    crowd_runtime_api api{script};
    run(api, {"f", echo}, {4, {}, true});
    expect_each_echoed_once(api, numbered_bodies(40));
    for (const crowd_call& call : api.calls()) {
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

class contract_11_8 : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(workers, contract_11_8, testing::Values(1U, 2U, 64U));

// Of as many events as there are workers each handler waits for the one that got the next event.
// The very first waits for the very last event, which is given only when those have been answered.
TEST_P(contract_11_8, the_first_event_given_may_be_answered_last) {
    const std::size_t workers = GetParam();
    const std::size_t count = 2 * workers - 1;
    std::vector<std::unique_ptr<io::async_event>> done(count);
    std::vector<std::string> ended;
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
            else if (number + 1 < workers)
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
                                 std::string{about.request_id()}, &ended);
        }};
    crowd_runtime_api api{{numbered_bodies(count), GetParam()}};
    run(api, patient, {GetParam()});
    expect_each_echoed_once(api, numbered_bodies(count));
    const auto place_of = [](const std::vector<std::string>& all, std::size_t number) {
        return std::ranges::find(all, "e" + std::to_string(number)) - all.begin();
    };
    for (std::size_t i = 1; i < workers; ++i) {
        EXPECT_LT(place_of(api.answered(), i), place_of(api.answered(), 0)) << i;
        if (i + 1 < workers) {
            EXPECT_LT(place_of(ended, i + 1), place_of(ended, i)) << i;
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
    const std::size_t count = 10 * std::size_t{GetParam()};
    crowd_runtime_api api{{numbered_bodies(count), GetParam()}};
    run(api, moody, {GetParam()});
    EXPECT_EQ(api.connections(), static_cast<int>(GetParam()));
    EXPECT_EQ(api.answers().size(), count);
    for (const auto& [id, text] : api.answers()) {
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
    crowd_runtime_api api{{numbered_bodies(8), 2}};
    run(api, looking, {2});
    ::unsetenv("_X_AMZN_TRACE_ID");
    EXPECT_EQ(api.answers().size(), 8u);
    for (const auto& [id, text] : api.answers()) {
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
    crowd_runtime_api api{{bodies, 8}};
    const ended outcome = run(api, computing, {8, 4});
    expect_each_echoed_once(api, bodies);
    EXPECT_EQ(seen.count(), 4u);
    EXPECT_EQ(api.connections(), 8);
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
    crowd_runtime_api api{{numbered_bodies(30), 3}};
    run(api, counting, {3, 16});
    expect_each_echoed_once(api, numbered_bodies(30));
    EXPECT_EQ(seen.count(), 3u);
}

TEST(worker_threads, one_for_each_cpu_answers_everything_too) {
    crowd_runtime_api api{{numbered_bodies(200), 9}};
    run(api, {"f", echo_behind_others}, {9, spry::per_cpu});
    expect_each_echoed_once(api, numbered_bodies(200));
}

TEST(worker_threads, have_stacks_of_a_mebibyte) {
    const function deep{"f", [](event given) {
                            std::array<volatile char, 900 * 1024> large;
                            large.front() = 1;
                            large.back() = 2;
                            return response::text(std::to_string(large.front() + large.back()) +
                                                  std::string{given.text()});
                        }};
    crowd_runtime_api api{{numbered_bodies(40), 4}};
    run(api, deep, {4, 4});
    EXPECT_EQ(api.answers().size(), 40u);
    EXPECT_EQ(api.answers().find("e7")->second, "response 3[7]");
}

TEST(worker_threads, end_with_exit_code_0_where_sigterm_finds_them_idle) {
    EXPECT_EQ(
        exit_code_of([] { return told_to_end_while_all_idle(io::backend_choice::automatic, 4); }),
        7);
}

TEST(worker_threads, leave_each_other_alone_when_one_loses_its_workers) {
    crowd_script script{numbered_bodies(60), 3};
    script.reply = [](const crowd_call& call) {
        return call.is_next && call.number == 1 ? answer(403, "", "{}") : "";
    };
    crowd_runtime_api api{script};
    const ended outcome = run(api, {"f", echo}, {4, 4});
    expect_each_echoed_once(api, numbered_bodies(60));
    EXPECT_EQ(outcome.exit_code, 1);
}

} // namespace
