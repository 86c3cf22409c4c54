// SPDX-License-Identifier: Apache-2.0
// emulator: the local Lambda service, a front door, a queue and the function behind it.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/listen.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace spry::http {
class server;
}

namespace spry::emulator {

/// How long answers may still be on their way once the emulator stops.
inline constexpr std::chrono::milliseconds answer_grace{1000};

struct emulator_options {
    listen_choice listen;
    std::vector<std::string> allowed_hosts; ///< Host names beside this machine's
    function_program function;
    std::size_t queued_invocations_max = queued_invocations_max_default;
    int log_fd = 1; ///< takes the function's output and START, END and REPORT lines
};

/// What the embedded local mode, `spry-emulator` and the tests run. Owns everything it starts:
/// when `run` has returned there is no process, no connection and no task left.
class emulator {
public:
    emulator(io::event_loop& loop, emulator_options options);
    emulator(const emulator&) = delete;
    emulator& operator=(const emulator&) = delete;

    /// Binds the front door. Fails with the errno of bind. Before `run`.
    result<> listen();

    /// The first address that is listened on, with its real port. After `listen`.
    const io::address& local_address() const noexcept;

    /// Serves until `stop` is requested: accepts no more, gives every caller an answer, ends the
    /// function (SIGTERM, then SIGKILL) and returns, within a few seconds; `at_once` cuts them to
    /// none. Fails, with the errno of exec, where the function could not be started at first. Once.
    task<result<>> run(stop_token stop, stop_token at_once = {});

    /// The function's process, or -1: for whoever reaps orphans.
    int function_pid() const noexcept { return dispatcher_.pid(); }

private:
    task<> serve(http::server* server);
    task<> give_up_after_grace(stop_token unless);

    io::event_loop& loop_;
    const emulator_options options_;
    std::vector<io::listener> listeners_;
    dispatcher dispatcher_;
    stop_source ending_;
    stop_source give_up_;
};

} // namespace spry::emulator
