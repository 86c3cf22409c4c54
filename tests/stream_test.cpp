// SPDX-License-Identifier: Apache-2.0
// Streamed responses against a scripted Runtime API over real sockets: runtime-contract 2.1-2.4,
// and the streaming row of 11.
#include <spry/handler_api/stream.hpp>

#include <spry/core/base64.hpp>
#include <spry/core/error.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>

#include "support/captured_output.hpp"
#include "support/fake_runtime_api.hpp"
#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using spry::byte_generator;
using spry::context;
using spry::event;
using spry::function;
using spry::http_prelude;
using spry::response;
using spry::result;
using spry::stream_writer;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::fake_runtime_api;
using spry::testing::recorded_request;
using spry::testing::script_step;
using spry::tests::captured_output;
using std::string_view_literals::operator""sv;

constexpr std::string_view error_type = "Lambda-Runtime-Function-Error-Type";
constexpr std::string_view error_body = "Lambda-Runtime-Function-Error-Body";

using lines = std::vector<std::string>;

std::string post_line(std::string_view id, std::string_view what = "response") {
    return "POST /2018-06-01/runtime/invocation/" + std::string{id} + "/" + std::string{what} +
           " HTTP/1.1";
}

struct ended {
    int exit_code = -1;
    std::vector<recorded_request> requests;
    std::string log;

    bool logs(std::string_view phrase) const { return log.find(phrase) != log.npos; }
    /// Whether the invocation behind the first two requests was answered as well.
    bool went_on() const {
        return requests.size() == 5 && requests[3].start_line == post_line("b") &&
               requests[3].body == "b";
    }
};

// The script ends with 403 on next, hence exit code 1 where nothing else has ended the worker
// before.
ended run(std::vector<script_step> script, const function& handler, bool pipelines = false,
          spry::io::backend_choice backend = spry::io::backend_choice::automatic) {
    fake_runtime_api api{std::move(script)};
    captured_output log;
    const std::string address = api.address();
    const spry::endpoint_parse where = spry::parse_endpoint(address);
    const auto peer = spry::io::address::from_numeric(where.value.host, where.value.port);
    auto loop = std::move(*spry::io::event_loop::create(backend));
    auto memory = std::make_unique<std::array<std::byte, spry::http::client_buffer_bytes>>();
    const spry::environment environment;
    ended outcome;
    {
        spry::runtime_client client{*loop,    where.value, *peer, *memory, spry::log_level::error,
                                    pipelines};
        spry::runtime worker{*loop, environment, client, handler, spry::log_level::error};
        outcome.exit_code = loop->run(worker.run());
    }
    outcome.requests = api.finish();
    outcome.log = log.finish();
    return outcome;
}

std::vector<script_step> one_event() {
    return {{event_answer("a", "[1]")}, {accepted_answer()}};
}

/// An event, whatever happens to its answer, and another event.
std::vector<script_step> two_events(script_step first) {
    return {{event_answer("a", "[1]")},
            std::move(first),
            {event_answer("b", "2")},
            {accepted_answer()}};
}

// --- producers ---

task<> write_three(stream_writer& out) {
    for (const std::string_view piece : {"one", "two", "three"}) {
        const result<> written = co_await out.write(piece);
        if (!written)
            co_return;
    }
}

byte_generator yield_three() {
    co_yield "one";
    co_yield std::string{"two"};
    co_yield "three"sv;
}

byte_generator yield_event(event given, int times) {
    for (int i = 0; i < times; ++i)
        co_yield given.bytes();
}

byte_generator yield_text(std::string text, int times) {
    for (int i = 0; i < times; ++i)
        co_yield text;
}

byte_generator yield_nothing() {
    co_return;
}

byte_generator fail_at_once() {
    throw std::out_of_range{"before the first byte"};
    co_yield "";
}

byte_generator fail_in_the_middle(std::string message) {
    co_yield "some";
    throw std::out_of_range{message};
}

function streaming(auto producer) {
    return {"f", [producer](event, context& about) { return about.stream(producer); }};
}

/// Streams the first event; answers the others with their id.
function streaming_first(auto producer) {
    return {"f", [producer](event, context& about) {
                return about.request_id() == "a" ? about.stream(producer)
                                                 : response::text(about.request_id());
            }};
}

// --- 2.1 ---

TEST(contract_2_1, a_writer_sends_the_head_of_a_stream_and_a_chunk_for_each_write) {
    const ended outcome = run(one_event(), streaming(write_three));
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.start_line, post_line("a"));
    EXPECT_EQ(post.header("Lambda-Runtime-Function-Response-Mode"), "streaming");
    EXPECT_EQ(post.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(post.header("Content-Length"), "");
    EXPECT_EQ(post.header("Trailer"),
              "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body");
    EXPECT_EQ(post.header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(post.header("User-Agent"), outcome.requests[0].header("User-Agent"));
    EXPECT_EQ(post.header("Host"), outcome.requests[0].header("Host"));
    EXPECT_EQ(post.chunks, (lines{"one", "two", "three"}));
    EXPECT_EQ(post.trailers, "");
    EXPECT_FALSE(outcome.logs("\tERROR\t")) << outcome.log;
}

TEST(contract_2_1, a_generator_sends_the_same_as_a_writer) {
    const ended outcome = run(one_event(), streaming(yield_three));
    EXPECT_EQ(outcome.requests.at(1).chunks, (lines{"one", "two", "three"}));
    EXPECT_EQ(outcome.requests.at(1).header("Transfer-Encoding"), "chunked");
}

TEST(contract_2_1, the_connection_is_closed_behind_a_stream_and_dialled_again_for_the_next_event) {
    const ended outcome = run(two_events({accepted_answer()}), streaming_first(write_three));
    EXPECT_EQ(outcome.requests.at(1).header("Connection"), "close");
    EXPECT_TRUE(outcome.went_on());
    EXPECT_EQ(outcome.requests[1].connection, 1);
    EXPECT_EQ(outcome.requests[2].connection, 2);
    EXPECT_EQ(outcome.requests[4].connection, 2);
}

TEST(contract_2_1, the_content_type_is_the_handlers) {
    const function events{
        "f", [](event, context& about) { return about.stream("text/event-stream", yield_three); }};
    EXPECT_EQ(run(one_event(), events).requests.at(1).header("Content-Type"), "text/event-stream");
    const function broken{"f", [](event, context& about) {
                              return about.stream("text/plain\r\nInjected: 1", yield_three);
                          }};
    const ended outcome = run(one_event(), broken);
    EXPECT_EQ(outcome.requests.at(1).header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(outcome.requests[1].header("Injected"), "");
}

TEST(contract_2_1, an_empty_stream_is_sent_as_one) {
    const ended outcome = run(one_event(), streaming(yield_nothing));
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.start_line, post_line("a"));
    EXPECT_EQ(post.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(post.body, "");
    EXPECT_EQ(post.trailers, "");
}

TEST(contract_2_1, an_empty_write_sends_nothing) {
    const function sparing{"f", [](event, context& about) {
                               return about.stream([](stream_writer& out) -> task<> {
                                   (void)co_await out.write("");
                                   throw std::out_of_range{"nothing was sent"};
                               });
                           }};
    EXPECT_EQ(run(one_event(), sparing).requests.at(1).start_line, post_line("a", "error"));
}

TEST(contract_2_1, a_failure_before_the_first_byte_is_posted_as_an_error) {
    const ended outcome = run(two_events({accepted_answer()}), streaming_first(fail_at_once));
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.start_line, post_line("a", "error"));
    EXPECT_EQ(post.header(error_type), "Function.OutOfRange");
    EXPECT_NE(post.body.find("\"errorMessage\":\"before the first byte\""), post.body.npos);
    EXPECT_TRUE(outcome.logs("the handler failed"));
    EXPECT_TRUE(outcome.went_on());
}

TEST(contract_2_1, a_flush_sends_the_head_before_there_are_bytes) {
    const function early{"f", [](event, context& about) {
                             return about.stream([](stream_writer& out) -> task<> {
                                 (void)co_await out.flush();
                                 (void)co_await out.flush();
                                 throw std::out_of_range{"behind the head"};
                             });
                         }};
    const ended outcome = run(one_event(), early);
    EXPECT_EQ(outcome.requests.at(1).start_line, post_line("a"));
    EXPECT_EQ(outcome.requests[1].trailer(error_type), "Function.OutOfRange");
}

TEST(contract_2_1, a_stream_is_never_pipelined) {
    const ended outcome = run({{event_answer("b", "1")},
                               {accepted_answer()},
                               {event_answer("a", "2")},
                               {accepted_answer()}},
                              streaming_first(yield_three), true);
    ASSERT_EQ(outcome.requests.size(), 5u);
    EXPECT_TRUE(outcome.requests[1].is_followed);
    EXPECT_EQ(outcome.requests[3].start_line, post_line("a"));
    EXPECT_FALSE(outcome.requests[3].is_followed);
}

TEST(contract_2_1, a_borrowed_event_is_streamed_on_every_backend) {
    using spry::io::backend_choice;
    std::string body(100'000, 'x');
    body[50'000] = 'y';
    for (const auto backend :
         {backend_choice::direct, backend_choice::epoll, backend_choice::automatic}) {
        const function repeating{
            "f", [](event given, context& about) { return about.stream(yield_event, given, 30); }};
        const ended outcome =
            run({{event_answer("a", body)}, {accepted_answer()}}, repeating, false, backend);
        EXPECT_EQ(outcome.requests.at(1).chunks, lines(30, body));
    }
}

// --- 2.2 ---

TEST(contract_2_2, a_failure_in_the_middle_ends_the_body_and_follows_it_in_two_trailers) {
    const function failing{"f", [](event, context& about) {
                               return about.stream(fail_in_the_middle, "too \"far\"\x01\xff");
                           }};
    const ended outcome = run(one_event(), failing);
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.start_line, post_line("a"));
    EXPECT_EQ(post.body, "some");
    EXPECT_EQ(post.trailer(error_type), "Function.OutOfRange");
    EXPECT_EQ(
        spry::base64::decode(post.trailer(error_body)),
        "{\"errorMessage\":\"too "
        "\\\"far\\\"\\u0001\xEF\xBF\xBD\",\"errorType\":\"std::out_of_range\",\"stackTrace\":[]}");
    EXPECT_TRUE(outcome.logs("the handler failed"));
}

TEST(contract_2_2, the_loop_goes_on_behind_a_failure_in_the_middle) {
    const ended outcome = run(two_events({accepted_answer()}),
                              streaming_first([] { return fail_in_the_middle("no"); }));
    EXPECT_TRUE(outcome.went_on());
}

TEST(contract_2_2, an_exception_that_is_none_of_the_librarys_becomes_trailers_too) {
    const ended outcome = run(one_event(), streaming([](stream_writer& out) -> task<> {
                                  (void)co_await out.write("x");
                                  throw 7;
                              }));
    EXPECT_EQ(outcome.requests.at(1).trailer(error_type), "Function.Int");
}

// What a server of Go's standard library takes: with more it refuses the request.
TEST(contract_2_2, the_trailers_never_exceed_what_servers_take) {
    const std::string messages[] = {std::string(100'000, 'm'), std::string(100'000, '\x01'),
                                    std::string(100'000, '\xff'), std::string(2'900, '"')};
    for (const std::string& message : messages) {
        const function failing{"f", [&message](event, context& about) {
                                   return about.stream(fail_in_the_middle, message);
                               }};
        const recorded_request post = run(one_event(), failing).requests.at(1);
        EXPECT_LE(post.trailers.size() + 2, spry::runtime_api::trailers_size_max);
        const auto document = spry::base64::decode(post.trailer(error_body));
        ASSERT_TRUE(document);
        EXPECT_TRUE(document->starts_with("{\"errorMessage\":\""));
        EXPECT_TRUE(
            document->ends_with("\",\"errorType\":\"std::out_of_range\",\"stackTrace\":[]}"));
        EXPECT_GT(document->size(), 1000u);
    }
}

// --- 2.3 ---

response page(event, context& about) {
    return about.stream(
        http_prelude{.status = 201,
                     .headers = {{"content-type", "text/html"}, {"x-id", about.request_id()}},
                     .cookies = {"a=1; Path=/", "b=2"}},
        yield_three);
}

TEST(contract_2_3, a_prelude_is_a_chunk_and_eight_zeros_are_another) {
    const ended outcome = run(one_event(), {"f", page});
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.header("Content-Type"), "application/vnd.awslambda.http-integration-response");
    EXPECT_EQ(post.chunks,
              (lines{R"({"statusCode":201,"headers":{"content-type":"text/html","x-id":"a"},)"
                     R"("cookies":["a=1; Path=/","b=2"]})",
                     std::string(8, '\0'), "one", "two", "three"}));
}

TEST(contract_2_3, a_prelude_without_a_body_is_sent_at_the_end) {
    const function empty{"f", [](event, context& about) {
                             return about.stream(http_prelude{.status = 204}, yield_nothing);
                         }};
    EXPECT_EQ(run(one_event(), empty).requests.at(1).chunks,
              (lines{R"({"statusCode":204})", std::string(8, '\0')}));
}

TEST(contract_2_3, a_flush_sends_the_prelude_once) {
    const function early{"f", [](event, context& about) {
                             return about.stream(http_prelude{}, [](stream_writer& out) -> task<> {
                                 (void)co_await out.flush();
                                 (void)co_await out.write("body");
                             });
                         }};
    EXPECT_EQ(run(one_event(), early).requests.at(1).chunks,
              (lines{R"({"statusCode":200})", std::string(8, '\0'), "body"}));
}

TEST(contract_2_3, no_prelude_is_sent_where_the_producer_fails_before_its_first_byte) {
    const function failing{
        "f", [](event, context& about) { return about.stream(http_prelude{}, fail_at_once); }};
    EXPECT_EQ(run(one_event(), failing).requests.at(1).start_line, post_line("a", "error"));
}

TEST(contract_2_3, a_prelude_that_cannot_be_sent_fails_the_invocation) {
    const function injecting{"f", [](event, context& about) {
                                 return about.stream(http_prelude{.headers = {{"x", "1\r\ny: 2"}}},
                                                     yield_three);
                             }};
    const ended outcome = run(one_event(), injecting);
    EXPECT_EQ(outcome.requests.at(1).start_line, post_line("a", "error"));
    EXPECT_NE(outcome.requests[1].body.find("has a control character in its value"),
              std::string::npos);
}

// --- 2.4: what ends a stream before its end ---

/// Writes without end and counts what has been accepted; says so in the log when it is told to end.
struct endless {
    int* writes;
    std::error_code* error;
    bool* was_stopped;

    task<> operator()(stream_writer& out, context& about) const {
        const std::string piece(10'000, 'p');
        while (true) {
            const result<> written = co_await out.write(piece);
            if (!written) {
                *error = written.error();
                *was_stopped = about.stop().stop_requested();
                co_return;
            }
            ++*writes;
        }
    }
};

struct broken_stream {
    int writes = 0;
    std::error_code error;
    bool was_stopped = false;
    ended outcome;
};

broken_stream break_with(script_step how) {
    broken_stream seen;
    const endless producer{&seen.writes, &seen.error, &seen.was_stopped};
    const function handler{"f", [producer](event, context& about) {
                               return about.request_id() == "a"
                                          ? about.stream(producer, about)
                                          : response::text(about.request_id());
                           }};
    seen.outcome = run(two_events(std::move(how)), handler);
    return seen;
}

TEST(contract_2_4, an_early_refusal_ends_the_producer_and_that_invocation_only) {
    for (const int status : {413, 400, 403, 410}) {
        SCOPED_TRACE(status);
        for (const bool closes : {false, true}) {
            const broken_stream seen =
                break_with({answer(status, closes ? "Connection: close\r\n" : "", "{}"), closes,
                            false, 50'000});
            EXPECT_TRUE(seen.error);
            EXPECT_TRUE(seen.was_stopped);
            EXPECT_GE(seen.writes, 4);
            EXPECT_TRUE(seen.outcome.went_on());
            EXPECT_TRUE(seen.outcome.logs("the Runtime API did not take the answer"))
                << seen.outcome.log;
            EXPECT_TRUE(seen.outcome.logs("status=" + std::to_string(status)));
        }
    }
}

// Nobody takes the bytes that are on their way, and nobody will: the send has to be given up.
TEST(contract_2_4, a_refusal_frees_a_write_that_waits_for_its_reader) {
    script_step deaf{answer(413, "", "{}"), false, false, 50'000};
    deaf.stops_reading = true;
    const broken_stream seen = break_with(std::move(deaf));
    EXPECT_TRUE(seen.error);
    EXPECT_TRUE(seen.outcome.went_on());
    EXPECT_TRUE(seen.outcome.requests.at(1).is_given_up);
    EXPECT_TRUE(seen.outcome.logs("status=413")) << seen.outcome.log;
}

TEST(contract_2_4, an_early_500_ends_the_process) {
    const broken_stream seen =
        break_with({answer(500, "Connection: close\r\n", "{}"), false, false, 50'000});
    EXPECT_EQ(seen.outcome.exit_code, 1);
    EXPECT_EQ(seen.outcome.requests.size(), 2u);
}

// Some acknowledge a stream as soon as they have seen its head.
TEST(contract_2_4, an_early_acceptance_does_not_end_the_producer) {
    const ended outcome =
        run(two_events({accepted_answer(), false, false, 400}),
            streaming_first([] { return yield_text(std::string(100'000, 'x'), 3); }));
    EXPECT_TRUE(outcome.went_on());
    EXPECT_FALSE(outcome.logs("\tERROR\t")) << outcome.log;
}

// 16 KiB are free behind a large event, which is borrowed as long as its stream is sent.
TEST(contract_2_4, an_answer_larger_than_the_room_behind_the_event_is_read_behind_the_stream) {
    const std::string body(3'000'000, 'e');
    const function repeating{"f", [](event given, context& about) {
                                 return about.request_id() == "a"
                                            ? about.stream(yield_event, given, 3)
                                            : response::text(about.request_id());
                             }};
    struct early_or_late {
        int status;
        std::size_t read_bytes_max;
    };
    for (const auto [status, read_bytes_max] :
         {early_or_late{413, 100'000}, early_or_late{413, SIZE_MAX},
          early_or_late{202, SIZE_MAX}}) {
        SCOPED_TRACE(status);
        const ended outcome =
            run({{event_answer("a", body)},
                 {answer(status, "", std::string(40'000, '.')), false, false, read_bytes_max},
                 {event_answer("b", "2")},
                 {accepted_answer()}},
                repeating);
        EXPECT_TRUE(outcome.went_on());
        EXPECT_EQ(outcome.logs("status=413"), status == 413) << outcome.log;
        EXPECT_EQ(outcome.logs("\tERROR\t"), status == 413) << outcome.log;
    }
}

TEST(contract_2_4, a_peer_that_is_gone_ends_the_producer_and_that_invocation_only) {
    const broken_stream seen = break_with({"", true, false, 50'000});
    EXPECT_TRUE(seen.error);
    EXPECT_TRUE(seen.was_stopped);
    EXPECT_TRUE(seen.outcome.went_on());
    EXPECT_TRUE(seen.outcome.logs("the connection broke in the middle of a streamed answer"))
        << seen.outcome.log;
}

// A refusal is seen by who produces nothing at the time, and asks its stop token.
TEST(contract_2_4, a_refusal_stops_a_producer_that_waits) {
    const function waiting{"f", [](event, context& about) {
                               if (about.request_id() != "a")
                                   return response::text(about.request_id());
                               return about.stream(
                                   [](stream_writer& out, context& here) -> task<> {
                                       (void)co_await out.write("x");
                                       (void)co_await here.loop().sleep_for(std::chrono::hours{1},
                                                                            here.stop());
                                   },
                                   about);
                           }};
    const ended outcome = run(two_events({answer(413, "", "{}"), false, false, 100}), waiting);
    EXPECT_TRUE(outcome.went_on());
}

TEST(contract_2_4, the_generator_ends_where_it_yielded_when_nobody_takes_its_bytes) {
    spry::tests::lifetime_counts counts;
    const function handler{"f", [&counts](event, context& about) {
                               if (about.request_id() != "a")
                                   return response::text(about.request_id());
                               return about.stream(
                                   [](spry::tests::lifetime_counts* counted) -> byte_generator {
                                       const spry::tests::lifetime_probe probe{*counted};
                                       const std::string piece(10'000, 'p');
                                       while (true)
                                           co_yield piece;
                                   },
                                   &counts);
                           }};
    const ended outcome = run(two_events({"", true, false, 50'000}), handler);
    EXPECT_TRUE(outcome.went_on());
    EXPECT_EQ(counts.constructed, 1);
    EXPECT_EQ(counts.alive(), 0);
}

TEST(contract_2_4, a_refusal_at_the_end_is_logged_and_the_loop_goes_on) {
    const ended outcome =
        run(two_events({answer(413, "", "{\"errorType\":\"x\"}")}), streaming_first(yield_three));
    EXPECT_TRUE(outcome.went_on());
    EXPECT_TRUE(outcome.logs("the Runtime API did not take the answer"));
}

// The status is the answer, as it is of a buffered response.
TEST(contract_1_8, an_answer_to_a_stream_that_breaks_off_behind_its_status_is_judged_by_that) {
    const std::string rest = "Content-Length: 100\r\n\r\n{";
    const ended taken =
        run(two_events({"HTTP/1.1 202 Accepted\r\n" + rest, true}), streaming_first(yield_three));
    EXPECT_TRUE(taken.went_on());
    EXPECT_FALSE(taken.logs("\tERROR\t")) << taken.log;
    const ended refused =
        run(two_events({"HTTP/1.1 413 Too Large\r\n" + rest, true}), streaming_first(yield_three));
    EXPECT_TRUE(refused.went_on());
    EXPECT_TRUE(refused.logs("the Runtime API did not take the answer\trequestId=a\tstatus=413"))
        << refused.log;
    const ended failed = run(two_events({"HTTP/1.1 500 Internal Server Error\r\n" + rest, true}),
                             streaming_first(yield_three));
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_EQ(failed.requests.size(), 2u);
    // Early, and before the stream has ended.
    const ended early =
        run(two_events({"HTTP/1.1 410 Gone\r\n" + rest, true, false, 400}),
            streaming_first([] { return yield_text(std::string(100'000, 'x'), 3); }));
    EXPECT_TRUE(early.went_on());
    EXPECT_TRUE(early.logs("the Runtime API did not take the answer\trequestId=a\tstatus=410"))
        << early.log;
}

TEST(contract_2_4, a_stream_beyond_the_limit_ends_with_an_error_trailer) {
    // The bytes are never read through: what counts is what is written.
    const function greedy{"f", [](event, context& about) {
                              return about.stream([](stream_writer& out) -> task<> {
                                  const std::vector<std::byte> none;
                                  (void)co_await out.write("first");
                                  const std::size_t rest = spry::runtime_api::streamed_size_max - 4;
                                  const std::span<const std::byte> beyond{none.data(), rest};
                                  const result<> written = co_await out.write(beyond);
                                  const bool is_refused =
                                      !written &&
                                      written.error() ==
                                          spry::make_error_code(spry::errc::body_too_large);
                                  if (!is_refused)
                                      throw std::logic_error{"written"};
                              });
                          }};
    const ended outcome = run(one_event(), greedy);
    const recorded_request& post = outcome.requests.at(1);
    EXPECT_EQ(post.body, "first");
    EXPECT_EQ(post.trailer(error_type), "Function.ResponseSizeTooLarge");
    EXPECT_NE(spry::base64::decode(post.trailer(error_body))->find("209715200"), std::string::npos);
    EXPECT_TRUE(outcome.logs("the streamed response is too large")) << outcome.log;
}

// --- 11.7, and the connection cut at each position ---

TEST(contract_11_7, a_stream_cut_at_any_position_ends_that_invocation_only) {
    const ended whole = run(one_event(), {"f", page});
    // Head, prelude, three chunks and the end: more than a thousand positions, of which those in
    // the head are all alike.
    const recorded_request& post = whole.requests.at(1);
    const std::size_t head_size = post.start_line.size() + post.head.size() + 2;
    std::size_t body_size = 5;
    for (const std::string& chunk : post.chunks)
        body_size += chunk.size() + (chunk.size() < 16 ? 5 : 6);
    const function handler{"f", [](event given, context& about) {
                               return about.request_id() == "a"
                                          ? page(given, about)
                                          : response::text(about.request_id());
                           }};
    for (std::size_t cut = 1; cut <= head_size + body_size; cut += cut < head_size ? 37 : 1) {
        SCOPED_TRACE(cut);
        const ended outcome = run(two_events({"", true, false, cut}), handler);
        EXPECT_TRUE(outcome.went_on());
        EXPECT_TRUE(outcome.logs("the connection broke")) << outcome.log;
        if (cut == head_size + body_size)
            EXPECT_TRUE(outcome.requests.at(1).is_whole);
        else
            EXPECT_FALSE(outcome.requests.at(1).is_whole);
    }
}

TEST(contract_11_7, the_answer_to_a_stream_may_come_byte_by_byte) {
    const ended outcome =
        run(two_events({accepted_answer(), false, true}), streaming_first(yield_three));
    EXPECT_TRUE(outcome.went_on());
    EXPECT_FALSE(outcome.logs("\tERROR\t")) << outcome.log;
}

// --- what else a producer may rely on ---

TEST(stream, runs_its_producer_while_event_context_and_arena_live) {
    const function handler{"f", [](event given, context& about) {
                               return about.stream(
                                   [](stream_writer& out, event received, context& here) -> task<> {
                                       (void)co_await here.loop().sleep_for(
                                           std::chrono::milliseconds{1});
                                       std::pmr::string text{received.text(), &here.arena()};
                                       text += here.request_id();
                                       (void)co_await out.write(text);
                                   },
                                   given, about);
                           }};
    EXPECT_EQ(run(one_event(), handler).requests.at(1).body, "[1]a");
}

TEST(stream, keeps_the_captures_of_its_producer) {
    const function handler{"f", [](event, context& about) {
                               auto text = std::make_unique<std::string>("captured");
                               return about.stream(
                                   [text = std::move(text)](stream_writer& out) -> task<> {
                                       (void)co_await out.write(*text);
                                   });
                           }};
    EXPECT_EQ(run(one_event(), handler).requests.at(1).body, "captured");
}

TEST(stream, that_is_not_returned_is_never_run) {
    spry::tests::lifetime_counts counts;
    const function handler{"f", [&counts](event, context& about) {
                               (void)about.stream([probe = spry::tests::lifetime_probe{counts}](
                                                      stream_writer& out) -> task<> {
                                   (void)co_await out.write("never");
                               });
                               return response::text("instead");
                           }};
    const ended outcome = run(one_event(), handler);
    EXPECT_EQ(outcome.requests.at(1).body, "instead");
    EXPECT_EQ(counts.alive(), 0);
    EXPECT_GT(counts.constructed, 0);
}

TEST(stream, is_told_to_stop_before_the_deadline) {
    const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(
        (std::chrono::system_clock::now() + context::default_stop_margin +
         std::chrono::milliseconds{30})
            .time_since_epoch());
    const std::string event_text =
        answer(200,
               "Lambda-Runtime-Aws-Request-Id: d\r\nLambda-Runtime-Deadline-Ms: " +
                   std::to_string(deadline.count()) + "\r\n",
               "1");
    const function patient{"f", [](event, context& about) {
                               return about.stream(
                                   [](stream_writer& out, context& here) -> task<> {
                                       (void)co_await out.write("first,");
                                       const result<> slept = co_await here.loop().sleep_for(
                                           std::chrono::hours{1}, here.stop());
                                       const std::string_view last = slept ? "slept" : "stopped";
                                       (void)co_await out.write(last);
                                   },
                                   about);
                           }};
    const ended outcome = run({{event_text}, {accepted_answer()}}, patient);
    EXPECT_EQ(outcome.requests.at(1).body, "first,stopped");
}

TEST(stream, may_come_from_a_handler_that_is_a_coroutine) {
    const function handler{"f", [](event given, context& about) -> task<response> {
                               (void)co_await about.loop().sleep_for(std::chrono::milliseconds{1});
                               co_return about.stream(http_prelude{.headers = {{"x-a", "1"}}},
                                                      yield_event, given, 2);
                           }};
    EXPECT_EQ(
        run(one_event(), handler).requests.at(1).chunks,
        (lines{R"({"statusCode":200,"headers":{"x-a":"1"}})", std::string(8, '\0'), "[1]", "[1]"}));
}

} // namespace
