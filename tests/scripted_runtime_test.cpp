// SPDX-License-Identifier: Apache-2.0
// One worker on a scripted network: what takes long, what breaks at a chosen place, and what real
// sockets show only now and then. Times are the network's own, hence exact.
#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/handler_api/stream.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/captured_output.hpp"
#include "support/simulated_runtime_api.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace io = spry::io;

using spry::byte_generator;
using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::stop_source;
using spry::stream_writer;
using spry::task;
using spry::task_scope;
using spry::tests::captured_output;
using spry::tests::service_faults;
using spry::tests::simulated_event;
using spry::tests::simulated_runtime_api;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct outcome {
    int exit_code = -1;
    std::vector<std::string> answers; // "id: response BODY"
    std::string log;
    io::clock::duration took{};
    std::uint64_t connections = 0;

    std::size_t count(std::string_view phrase) const {
        std::size_t found = 0;
        for (std::size_t at = log.find(phrase); at != log.npos; at = log.find(phrase, at + 1))
            ++found;
        return found;
    }
};

task<int> work(io::event_loop* loop, io::address at, const function* handler) {
    const std::string where_text = at.to_string();
    const spry::endpoint_parse where = spry::parse_endpoint(where_text);
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    const spry::environment variables;
    spry::runtime_client client{*loop, where.value, at,
                                std::span{memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::error};
    spry::runtime worker{*loop, variables, client, *handler, spry::log_level::error};
    const int code = co_await worker.run();
    co_return code;
}

task<int> work_against(simulated_runtime_api* service, io::event_loop* loop,
                       const function* handler) {
    stop_source over;
    task_scope serving;
    serving.spawn(service->run(over.token()));
    const int code = co_await work(loop, service->address(), handler);
    over.request_stop();
    co_await serving.join();
    co_return code;
}

outcome run(std::vector<simulated_event> events, const function& handler,
            const service_faults& with = {}, const io::testing::script& network = {}) {
    outcome ended;
    captured_output log;
    io::testing::record record;
    {
        const auto loop = io::testing::make_scripted_loop(network, &record);
        const io::time_point before = loop->now();
        simulated_runtime_api service{*loop, network.seed, with, std::move(events)};
        ended.exit_code = loop->run(work_against(&service, loop.get(), &handler));
        ended.took = loop->now() - before;
        for (const simulated_event& each : service.events()) {
            for (const std::string& answer : each.answers)
                ended.answers.push_back(each.id + ": " + answer);
        }
        ended.answers.insert(ended.answers.end(), service.nonsense().begin(),
                             service.nonsense().end());
    }
    ended.connections = record.connections;
    ended.log = log.finish();
    return ended;
}

simulated_event event_of(std::string id, std::string body) {
    simulated_event made;
    made.id = std::move(id);
    made.body = std::move(body);
    made.handled = 1; // nobody counts here
    return made;
}

response echo(event given) {
    return response::json(given.bytes());
}

using answers = std::vector<std::string>;

TEST(scripted_runtime, lets_a_handler_take_an_hour) {
    const function patient{"f", [](event given, context& about) -> task<response> {
                               (void)co_await about.loop().sleep_for(std::chrono::hours{1});
                               co_return response::json(given.bytes());
                           }};
    const outcome ended = run({event_of("a", "1"), event_of("b", "2")}, patient);
    EXPECT_EQ(ended.answers, (answers{"a: response 1", "b: response 2"}));
    EXPECT_EQ(ended.took, std::chrono::hours{2});
}

TEST(contract_1_6, an_error_on_a_scripted_network_has_its_type_and_its_cause) {
    const function throwing{"f", [](event given) -> response {
                                try {
                                    throw std::runtime_error{std::string{given.text()}};
                                } catch (...) {
                                    std::throw_with_nested(std::logic_error{"outer"});
                                }
                            }};
    const outcome ended = run({event_of("a", "1"), event_of("b", "2")}, throwing);
    const auto error_of = [](std::string id, std::string inner) {
        return id + R"(: error {"errorMessage":"outer","errorType":"std::logic_error",)" +
               R"("stackTrace":[],"cause":{"errorMessage":")" + inner +
               R"(","errorType":"std::runtime_error","stackTrace":[]}})";
    };
    EXPECT_EQ(ended.answers, (answers{error_of("a", "1"), error_of("b", "2")}));
}

// A small deadline is a duration (runtime-contract 10). The wall clock goes on meanwhile, hence no
// equality.
TEST(scripted_runtime, stops_a_handler_shortly_before_its_deadline) {
    const function patient{"f", [](event, context& about) -> task<std::string> {
                               const auto slept = co_await about.loop().sleep_for(
                                   std::chrono::hours{1}, about.stop());
                               co_return slept ? "slept" : "stopped";
                           }};
    simulated_event hurried = event_of("a", "1");
    hurried.deadline = "900000";
    const outcome ended = run({hurried}, patient);
    EXPECT_EQ(ended.answers, (answers{"a: response \"stopped\""}));
    EXPECT_LE(ended.took, seconds{900} - context::default_stop_margin);
    EXPECT_GT(ended.took, seconds{0});
}

// runtime-contract 1.8: bounded, with a pause that doubles.
TEST(scripted_runtime, doubles_its_pause_where_nobody_listens) {
    captured_output log;
    const auto loop = io::testing::make_scripted_loop({});
    const io::time_point before = loop->now();
    const function handler{"f", echo};
    const int code = loop->run(work(loop.get(), io::address::loopback_v4(9001), &handler));
    EXPECT_EQ(code, 1);
    EXPECT_EQ(loop->now() - before, milliseconds{50 + 100 + 200 + 400});
    EXPECT_NE(log.finish().find("nobody answers where AWS_LAMBDA_RUNTIME_API says"),
              std::string::npos);
}

TEST(scripted_runtime, reads_and_writes_a_byte_at_a_time) {
    io::testing::script narrow;
    narrow.stream_bytes_max = 1;
    const std::string body(3000, 'x');
    const outcome ended = run({event_of("a", body), event_of("b", "2")}, {"f", echo}, {}, narrow);
    EXPECT_EQ(ended.answers, (answers{"a: response " + body, "b: response 2"}));
    EXPECT_EQ(ended.connections, 1u);
    EXPECT_EQ(ended.count("\tERROR\t"), 0u) << ended.log;
}

TEST(scripted_runtime, never_sends_an_answer_again_whose_acknowledgement_did_not_come) {
    service_faults forgetful;
    forgetful.forgets = 1000;
    const outcome ended = run({event_of("a", "1"), event_of("b", "2")}, {"f", echo}, forgetful);
    EXPECT_EQ(ended.answers, (answers{"a: response 1", "b: response 2"}));
    EXPECT_EQ(ended.count("whether it arrived is unknown\trequestId=a\t"), 1u) << ended.log;
    EXPECT_EQ(ended.count("whether it arrived is unknown\trequestId=b\t"), 1u) << ended.log;
    EXPECT_EQ(ended.connections, 3u);
}

TEST(scripted_runtime, stops_sending_where_a_refusal_comes_early) {
    service_faults hasty;
    hasty.refuses_early = 1000;
    io::testing::script narrow;
    narrow.stream_bytes_max = 256;
    const outcome ended = run({event_of("a", std::string(100'000, 'x')), event_of("b", "2")},
                              {"f", echo}, hasty, narrow);
    EXPECT_EQ(ended.answers, (answers{"b: response 2"}));
    EXPECT_EQ(ended.count("requestId=a\t"), 1u) << ended.log;
}

TEST(scripted_runtime, dials_for_each_call_where_the_other_side_always_closes) {
    service_faults closing;
    closing.closes = 1000;
    const outcome ended = run({event_of("a", "1"), event_of("b", "2")}, {"f", echo}, closing);
    EXPECT_EQ(ended.answers, (answers{"a: response 1", "b: response 2"}));
    EXPECT_EQ(ended.connections, 5u);
    EXPECT_EQ(ended.count("\tERROR\t"), 0u) << ended.log;
}

// Over many seeds, all that can be said of one event is that it is answered at most once; of the
// process, that it ends.
TEST(scripted_runtime, survives_resets_wherever_they_strike) {
    io::testing::script breaking;
    breaking.faults.resets = 200;
    breaking.faults.short_sends = 500;
    breaking.faults.delays = 300;
    std::size_t answered = 0;
    std::size_t unknown = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        breaking.seed = seed;
        const outcome ended =
            run({event_of("a", "[1]"), event_of("b", "[2]")}, {"f", echo}, {}, breaking);
        EXPECT_EQ(ended.exit_code, 1) << seed;
        for (const std::string& answer : ended.answers)
            EXPECT_TRUE(answer == "a: response [1]" || answer == "b: response [2]") << answer;
        EXPECT_LE(ended.answers.size(), 2u) << seed;
        answered += ended.answers.size();
        unknown += ended.count("whether it arrived is unknown");
    }
    EXPECT_GT(answered, 100u);
    EXPECT_GT(unknown, 20u);
}

// --- streams ---

byte_generator repeat(event given, int times) {
    for (int i = 0; i < times; ++i)
        co_yield given.bytes();
}

/// Streams events whose id begins with s, 100 times over; echoes the others.
response stream_or_echo(event given, context& about) {
    if (about.request_id().front() == 's')
        return about.stream(repeat, given, 100);
    return echo(given);
}

std::string repeated(std::string_view text) {
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += text;
    return all;
}

TEST(contract_2_1, a_stream_goes_through_a_network_that_takes_a_byte_at_a_time) {
    io::testing::script narrow;
    narrow.stream_bytes_max = 1;
    const outcome ended =
        run({event_of("s", "0123456789"), event_of("b", "2")}, {"f", stream_or_echo}, {}, narrow);
    EXPECT_EQ(ended.answers, (answers{"s: streamed " + repeated("0123456789"), "b: response 2"}));
    EXPECT_EQ(ended.connections, 2u);
    EXPECT_EQ(ended.count("\tERROR\t"), 0u) << ended.log;
}

/// Writes and notes how far it has come.
struct counting_writer {
    int* written;
    task<> operator()(stream_writer& out, context& about) const {
        const std::string piece(1000, 'p');
        for (*written = 0; *written < 1000; ++*written) {
            const auto sent = co_await out.write(piece);
            if (!sent)
                break;
        }
        // Whoever is refused has been told to stop as well: this sleep is none.
        if (*written < 1000)
            (void)co_await about.loop().sleep_for(std::chrono::hours{1}, about.stop());
    }
};

// The network holds no more than two pieces, and nobody reads: what is refused early has not been
// produced either.
TEST(contract_2_4, a_producer_is_as_fast_as_its_reader_and_ends_with_an_early_refusal) {
    service_faults hasty;
    hasty.refuses_early = 1000;
    io::testing::script narrow;
    narrow.stream_bytes_max = 2000;
    int written = -1;
    const function handler{"f", [&written](event given, context& about) {
                               if (about.request_id() == "s")
                                   return about.stream(counting_writer{&written}, about);
                               return echo(given);
                           }};
    const outcome ended = run({event_of("s", "1"), event_of("b", "2")}, handler, hasty, narrow);
    EXPECT_EQ(ended.answers, (answers{"b: response 2"}));
    EXPECT_EQ(ended.count("the Runtime API did not take the answer\trequestId=s\tstatus=413"), 1u)
        << ended.log;
    EXPECT_LT(written, 10);
    EXPECT_EQ(ended.took, io::clock::duration{0});
}

TEST(contract_2_4, a_stream_without_an_acknowledgement_is_not_sent_again) {
    service_faults forgetful;
    forgetful.forgets = 1000;
    const outcome ended =
        run({event_of("s", "1"), event_of("b", "2")}, {"f", stream_or_echo}, forgetful);
    EXPECT_EQ(ended.answers, (answers{"s: streamed " + repeated("1"), "b: response 2"}));
    EXPECT_EQ(ended.count("whether it arrived is unknown\trequestId=s\t"), 1u) << ended.log;
}

TEST(contract_2_2, a_producer_is_stopped_shortly_before_its_deadline_and_may_still_fail) {
    const function patient{"f", [](event, context& about) {
                               return about.stream(
                                   [](stream_writer& out, context& here) -> task<> {
                                       (void)co_await out.write("begun");
                                       const auto slept = co_await here.loop().sleep_for(
                                           std::chrono::hours{1}, here.stop());
                                       if (!slept)
                                           throw std::runtime_error{"no time left"};
                                   },
                                   about);
                           }};
    simulated_event hurried = event_of("a", "1");
    hurried.deadline = "900000";
    const outcome ended = run({hurried}, patient);
    ASSERT_EQ(ended.answers.size(), 1u);
    EXPECT_TRUE(ended.answers[0].starts_with(
        "a: streamed begun|Lambda-Runtime-Function-Error-Type: Function.RuntimeError\r\n"))
        << ended.answers[0];
    EXPECT_LE(ended.took, seconds{900} - context::default_stop_margin);
    EXPECT_GT(ended.took, seconds{0});
}

// Wherever the connection breaks, that invocation ends, and no other.
TEST(contract_11_7, a_stream_survives_resets_wherever_they_strike) {
    io::testing::script breaking;
    breaking.faults.resets = 20;
    breaking.faults.short_sends = 500;
    breaking.faults.delays = 300;
    std::size_t answered = 0;
    std::size_t broken = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        breaking.seed = seed;
        const outcome ended =
            run({event_of("s", "[1]"), event_of("b", "[2]")}, {"f", stream_or_echo}, {}, breaking);
        EXPECT_EQ(ended.exit_code, 1) << seed;
        for (const std::string& answer : ended.answers)
            EXPECT_TRUE(answer == "s: streamed " + repeated("[1]") || answer == "b: response [2]")
                << answer;
        EXPECT_LE(ended.answers.size(), 2u) << seed;
        answered += ended.answers.size();
        broken += ended.count("the connection broke in the middle of a streamed answer");
    }
    EXPECT_GT(answered, 100u);
    EXPECT_GT(broken, 20u);
}

} // namespace
