// SPDX-License-Identifier: Apache-2.0
// A whole function and the deadlines of its invocations, over real sockets; what they do on a
// scripted network stands in scripted_deadline_test.cpp.
#include "support/captured_output.hpp"
#include "support/scripted_function.hpp"
#include "support/socket_pair.hpp"

#include <spry/core/task_scope.hpp>
#include <spry/io/socket.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace {

using spry::context;
using spry::event;
using spry::stop_source;
using spry::task;
using spry::task_scope;
using spry::testing::accepted_answer;
using spry::testing::answer;
using spry::tests::captured_output;
using spry::tests::function_run;
using spry::tests::run_function;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

std::string event_due_in(milliseconds time) {
    const auto deadline = std::chrono::duration_cast<milliseconds>(
        (std::chrono::system_clock::now() + time).time_since_epoch());
    return answer(200,
                  "Lambda-Runtime-Aws-Request-Id: a\r\nLambda-Runtime-Deadline-Ms: " +
                      std::to_string(deadline.count()) + "\r\n",
                  "1");
}

task<std::string> sleep_until_stopped(event, context& about) {
    const bool should_stop = about.should_stop();
    const auto slept = co_await about.loop().sleep_for(hours{2}, about.stop());
    co_return std::string{slept ? "slept" : "stopped"} + (should_stop ? ", and should" : "");
}

// An hour before a deadline half an hour away is at once.
TEST(deadline, is_preceded_by_a_stop_as_early_as_the_options_say) {
    spry::run_options options;
    options.stop_margin = hours{1};
    const function_run ended = run_function({{event_due_in(minutes{30})}, {accepted_answer()}},
                                            {{"f", sleep_until_stopped}}, options);
    EXPECT_EQ(ended.requests.at(1).body, "\"stopped, and should\"");
}

int descriptor = -1; // of what the handler below receives from

task<> stop_behind_the_deadline(const context* about, stop_source* what) {
    while (about->remaining_time() > milliseconds{0})
        (void)co_await about->loop().sleep_for(milliseconds{5});
    (void)co_await about->loop().sleep_for(milliseconds{20});
    what->request_stop();
}

task<std::string> receive_in_vain(event, context& about) {
    spry::tests::fd_pair ends = spry::tests::connect_fds();
    descriptor = ends.near.get();
    spry::io::socket near{about.loop(), std::move(ends.near)};
    std::array<std::byte, 1> room;
    stop_source late;
    task_scope beside;
    beside.spawn(stop_behind_the_deadline(&about, &late));
    const auto received = co_await near.recv(room, late.token());
    co_await beside.join();
    co_return received ? "received" : "late";
}

class deadline_over_sockets : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(io, deadline_over_sockets, testing::Values("direct", "epoll", "auto"),
                         [](const auto& each) { return std::string{each.param}; });

TEST_P(deadline_over_sockets, has_a_report_of_what_is_awaited_and_the_answer_is_posted_once) {
    captured_output captured;
    const function_run ended =
        run_function({{event_due_in(milliseconds{50})}, {accepted_answer()}},
                     {{"f", receive_in_vain}}, {}, {{"SPRY_IO", GetParam()}});
    const std::string log = captured.finish();
    EXPECT_EQ(ended.start_lines(),
              (std::vector<std::string>{"GET /2018-06-01/runtime/invocation/next HTTP/1.1",
                                        "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1",
                                        "GET /2018-06-01/runtime/invocation/next HTTP/1.1"}));
    EXPECT_EQ(ended.requests.at(1).body, "\"late\"");
    const std::string report =
        "\ta\tERROR\tthe handler is about to miss its deadline\tawaits=receive on descriptor " +
        std::to_string(descriptor) + " for ";
    EXPECT_NE(log.find(report), std::string::npos) << log;
}

} // namespace
