// SPDX-License-Identifier: Apache-2.0
// tested_function: a handler, called in the test's own process as Lambda would call it, in a time
// that is made up.
#pragma once

#include <spry/emulator/testing/outcome.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation_hooks.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace spry::testing {

/// What Lambda says about one invocation.
struct call {
    std::string request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
    std::string function_arn = "arn:aws:lambda:us-east-1:123456789012:function:tested";
    std::string trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
    std::string tenant_id = {};
    std::string client_context = {};   ///< JSON
    std::string cognito_identity = {}; ///< JSON
    std::string content_type = "application/json";
    /// The function's timeout: from the event to the deadline. None: no deadline is told.
    std::optional<std::chrono::milliseconds> timeout = std::chrono::milliseconds{3'000};
};

/// How the function is configured.
struct function_settings {
    /// Views that outlive the function: literals.
    spry::environment environment = {};
    log_level level = log_level::info; ///< of `context::log`
    log_format format = log_format::text;
    std::chrono::milliseconds stop_margin = context::default_stop_margin;
    invocation_start_hook on_invocation_start = nullptr;
    invocation_end_hook on_invocation_end = nullptr;
};

/// A handler between an event and an answer, through everything that is between them on Lambda: the
/// worker's loop, its Runtime API client, the deadline, streams and error documents. Only the other
/// side is the test's, and network and time are made up (`io::testing::make_scripted_loop`): while
/// everybody waits, time goes on at once, so that a handler which sleeps for an hour is tested in
/// no time. The wall clock that the context reads goes with it; it begins with 2030, and
/// std::chrono's own clocks are not touched.
///
///     spry::testing::tested_function greeter{greet};
///     const spry::testing::outcome answer = greeter.invoke(R"({"name":"Ada"})");
///     EXPECT_EQ(answer.body, R"({"hello":"Ada"})");
///
/// - Invocations are made one after the other, by one thread, as in one warm environment.
/// - A handler that ignores its deadline runs to its end; `outcome::timed_out` says so.
/// - A handler that waits for what cannot come, or that never ends, ends the test by assertion.
/// - Sockets of the loop reach only who listens on the same loop; other descriptors, child
///   processes and signals need a real one.
class tested_function {
public:
    /// Any handler that `spry::run` takes, or what `wrap` makes of one.
    template <class Handler>
    explicit tested_function(Handler handler, const function_settings& how = {})
        : tested_function(std::make_unique<function>("tested", std::move(handler)), how) {}
    tested_function(const tested_function&) = delete;
    tested_function& operator=(const tested_function&) = delete;
    ~tested_function();

    /// One invocation, with these bytes as the event.
    outcome invoke(std::string_view event, const call& about = {});

    /// Where the handlers run: stays from one invocation to the next.
    io::event_loop& loop() noexcept { return *loop_; }

private:
    tested_function(std::unique_ptr<function> handler, const function_settings& how);

    std::unique_ptr<function> handler_;
    function_settings how_;
    std::unique_ptr<io::event_loop> loop_;
};

/// The same for a single invocation.
template <class Handler>
outcome invoke(Handler handler, std::string_view event, const call& about = {},
               const function_settings& how = {}) {
    return tested_function{std::move(handler), how}.invoke(event, about);
}

} // namespace spry::testing
