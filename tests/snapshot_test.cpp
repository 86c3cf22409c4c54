// SPDX-License-Identifier: Apache-2.0
// SnapStart, over a scripted Runtime API and over a scripted network: runtime-contract 1.10 and
// 11.10.
#include <spry/handler_api/snapshot_hooks.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/run.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/fake_runtime_api.hpp"
#include "support/scripted_function.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::event;
using spry::response;
using spry::run_options;
using spry::task;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::testing::event_answer;
using spry::testing::recorded_request;
using spry::testing::script_step;
using spry::tests::function_run;
using spry::tests::run_function;

using lines = std::vector<std::string>;

constexpr std::string_view next_line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";
constexpr std::string_view restore_line = "GET /2018-06-01/runtime/restore/next HTTP/1.1";

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
    throw std::runtime_error{"no \"pool\""};
    co_return;
}
task<> initialise() {
    journal.emplace_back("init");
    co_return;
}

response echo(event given) {
    journal.emplace_back("handler");
    return response::json(given.bytes());
}

struct ended : function_run {
    lines journal;
};

ended run(std::vector<script_step> script, const run_options& options,
          const std::string& type = "snap-start", const std::string& base_path = "") {
    journal.clear();
    ended outcome{run_function(std::move(script), {{"f", echo}}, options,
                               {{"AWS_LAMBDA_INITIALIZATION_TYPE", type}}, base_path),
                  {}};
    outcome.journal = std::exchange(journal, {});
    return outcome;
}

std::vector<script_step> one_event_after_restore() {
    return {{answer(200, "", "{}")}, {event_answer("a", "1")}, {accepted_answer()}};
}

run_options all_hooks() {
    run_options options;
    options.init = initialise;
    options.before_snapshot = {first, second};
    options.after_restore = {first, second};
    return options;
}

TEST(contract_11_10, hooks_run_in_their_order_around_the_restore_and_before_next) {
    const ended outcome = run(one_event_after_restore(), all_hooks());
    EXPECT_EQ(outcome.exit_code, 1); // the script ends with 403
    EXPECT_EQ(outcome.journal, (lines{"init", "second", "first", "first", "second", "handler"}));
    ASSERT_GE(outcome.requests.size(), 3U);
    EXPECT_EQ(outcome.start_lines()[0], restore_line);
    EXPECT_EQ(outcome.start_lines()[1], next_line);
    EXPECT_EQ(outcome.requests[0].header("User-Agent"), "spry/0.1.0");
}

TEST(contract_11_10, the_connection_of_the_restore_is_not_used_again) {
    const ended outcome = run(one_event_after_restore(), all_hooks());
    ASSERT_GE(outcome.requests.size(), 3U);
    EXPECT_EQ(outcome.requests[0].connection, 1);
    EXPECT_EQ(outcome.requests[1].connection, 2);
    EXPECT_EQ(outcome.requests[2].connection, 2);
}

TEST(contract_1_10, one_hook_is_enough_and_without_any_events_are_asked_for_as_ever) {
    run_options options;
    options.before_snapshot = first;
    EXPECT_EQ(run(one_event_after_restore(), options).start_lines().at(0), restore_line);
    options = {};
    options.after_restore = first;
    EXPECT_EQ(run(one_event_after_restore(), options).start_lines().at(0), restore_line);
    EXPECT_EQ(run({}, {}).start_lines(), lines{std::string{next_line}});
}

TEST(contract_1_10, no_other_kind_of_initialisation_asks_for_a_restore) {
    for (const char* type :
         {"on-demand", "provisioned-concurrency", "lambda-managed-instances", "snap-start2", ""}) {
        const ended outcome = run({}, all_hooks(), type);
        EXPECT_EQ(outcome.journal, lines{"init"}) << type;
        EXPECT_EQ(outcome.start_lines(), lines{std::string{next_line}}) << type;
    }
}

TEST(contract_1_10, code_that_asks_for_the_restore_itself_switches_it_off) {
    run_options options = all_hooks();
    options.restore_handshake = false;
    const ended outcome = run({}, options);
    EXPECT_EQ(outcome.journal, lines{"init"});
    EXPECT_EQ(outcome.start_lines(), lines{std::string{next_line}});
}

TEST(contract_1_10, a_failing_hook_before_the_snapshot_is_an_init_error) {
    run_options options = all_hooks();
    options.before_snapshot = {first, failing, second};
    const ended outcome = run({{accepted_answer()}}, options);
    EXPECT_EQ(outcome.exit_code, 64);
    EXPECT_EQ(outcome.journal, (lines{"init", "second", "failing"}));
    ASSERT_EQ(outcome.start_lines(), lines{"POST /2018-06-01/runtime/init/error HTTP/1.1"});
    const recorded_request& post = outcome.requests[0];
    EXPECT_EQ(post.header("Lambda-Runtime-Function-Error-Type"), "Runtime.BeforeSnapshotError");
    EXPECT_NE(post.body.find(R"("errorMessage":"std::runtime_error: no \"pool\"")"),
              std::string::npos)
        << post.body;
    EXPECT_NE(post.body.find(R"("errorType":"Runtime.BeforeSnapshotError")"), std::string::npos);
}

TEST(contract_1_10, a_failing_hook_after_the_restore_is_a_restore_error) {
    run_options options = all_hooks();
    options.after_restore = {first, failing, second};
    const ended outcome =
        run({{answer(200, "", "")}, {accepted_answer()}}, options, "snap-start", "/.rt/hello");
    EXPECT_EQ(outcome.exit_code, 65);
    EXPECT_EQ(outcome.journal, (lines{"init", "second", "first", "first", "failing"}));
    ASSERT_EQ(outcome.start_lines(),
              (lines{"GET /.rt/hello/2018-06-01/runtime/restore/next HTTP/1.1",
                     "POST /.rt/hello/2018-06-01/runtime/restore/error HTTP/1.1"}));
    EXPECT_EQ(outcome.requests[1].header("Lambda-Runtime-Function-Error-Type"),
              "Runtime.AfterRestoreError");
    EXPECT_EQ(outcome.requests[1].connection, 2);
}

TEST(contract_1_10, the_restore_is_never_asked_for_twice) {
    std::vector<script_step> refusals{{answer(403, "", "{}")}, {answer(500, "", "{}")}, {"", true}};
    refusals.push_back({"HTTP/1.1 200 OK\r\nContent-Le", true});
    for (const script_step& refusal : refusals) {
        const ended outcome = run({refusal}, all_hooks());
        EXPECT_EQ(outcome.exit_code, 1) << refusal.answer;
        EXPECT_EQ(outcome.start_lines(), lines{std::string{restore_line}}) << refusal.answer;
        EXPECT_EQ(outcome.journal, (lines{"init", "second", "first"})) << refusal.answer;
    }
}

[[noreturn]] void be_told_to_end_in_the_snapshot() {
    const ended outcome = run({{"", false, false, SIZE_MAX, SIGTERM}}, all_hooks());
    ::_exit(outcome.requests.size() == 1 ? outcome.exit_code : 9);
}

TEST(contract_1_9, sigterm_ends_the_wait_for_a_restore_with_0) {
    EXPECT_EXIT(be_told_to_end_in_the_snapshot(), testing::ExitedWithCode(0), "");
}

// The other side of a connection that is silent for a month before it answers.
task<> answer_late(io::event_loop* loop, io::listener* listener) {
    spry::result<io::unique_fd> accepted = co_await listener->accept();
    if (!accepted)
        co_return;
    io::socket peer{*loop, std::move(*accepted)};
    std::array<std::byte, 4096> room;
    (void)co_await peer.recv(room);
    (void)co_await loop->sleep_for(std::chrono::hours{24 * 30});
    const std::string text = answer(200, "", "{}");
    (void)co_await peer.send(std::as_bytes(std::span{text}));
    (void)co_await peer.recv(room); // until the client closes
}

task<int> restore_late(io::event_loop* loop) {
    io::listener listener = io::listener::bind(*loop, io::address::loopback_v4(0)).value();
    const std::string where_text = listener.local_address().to_string();
    const spry::endpoint_parse where = spry::parse_endpoint(where_text);
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    spry::runtime_client client{*loop, where.value, listener.local_address(),
                                std::span{memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::fatal};
    spry::task_scope serving;
    serving.spawn(answer_late(loop, &listener));
    const spry::lifecycle_hooks hooks{first};
    const std::optional<int> code = co_await spry::detail::pass_snapshot(&client, &hooks, &hooks);
    co_await serving.join();
    co_return code.value_or(-1);
}

TEST(contract_1_10, a_restore_may_come_a_month_later) {
    const auto loop = io::testing::make_scripted_loop({});
    const io::time_point before = loop->now();
    journal.clear();
    EXPECT_EQ(loop->run(restore_late(loop.get())), -1);
    EXPECT_EQ(loop->now() - before, std::chrono::hours{24 * 30});
    EXPECT_EQ(journal, (lines{"first", "first"}));
}

} // namespace
