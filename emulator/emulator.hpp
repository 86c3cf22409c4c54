// SPDX-License-Identifier: Apache-2.0
// emulator: the local Lambda service, a front door, a queue and the functions behind it.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/cors.hpp>
#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/front_door.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/function_table.hpp>
#include <spry/emulator/listen.hpp>
#include <spry/emulator/log_writer.hpp>
#include <spry/emulator/response_stream.hpp>
#include <spry/http/limits.hpp>
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

/// What callers may do at the front door. Of a head and its lines, and of a body, they may send as
/// much as http/limits.hpp says.
struct caller_limits {
    /// At a time; more wait in the kernel's queue. Fewer where this process may not open so many
    /// files.
    std::size_t connections_max = 2048;
    std::chrono::milliseconds idle_timeout = http::idle_timeout_default; ///< between two requests
    std::chrono::milliseconds read_timeout = http::read_timeout_default; ///< between two bytes
    std::chrono::milliseconds request_timeout = std::chrono::minutes{5}; ///< for all of a request
};

struct emulator_options {
    listen_choice listen;
    std::vector<std::string> allowed_hosts; ///< Host names beside this machine's
    function_program function;              ///< answers to every name, unless there is a table
    std::vector<function_program> table;    ///< each answers to its own name
    dispatcher_options dispatching;         ///< of each function
    caller_limits callers;                  ///< of each address that is listened on
    log_target log;                         ///< takes the functions' lines
    std::chrono::milliseconds async_retry_delay = async_retry_delay_default;
    stream_limits streaming;
    http_front http = http_front::none;
    cors_settings cors;                         ///< of functions' URLs
    front_door_maker make_front_door = nullptr; ///< null: the Invoke API's
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
    /// functions (SIGTERM, then SIGKILL) and returns, within a few seconds; `at_once` cuts them to
    /// none. An HTTP service (`http_front::alone`) first answers all that have called, however long
    /// the function takes: whoever runs it knows for how long it may. Fails, with the errno of
    /// exec, where a function could not be started at first. Once.
    task<result<>> run(stop_token stop, stop_token at_once = {});
    /// Why a function could not be started, as a sentence, and which.
    std::string start_failure() const;
    const function_program* unstarted() const noexcept;

    /// The functions, for whoever replaces their processes.
    const function_table& functions() const noexcept { return functions_; }

    /// The functions' processes: for whoever reaps orphans.
    std::vector<int> processes();

private:
    task<> dispatch(dispatcher* function, stop_token at_once);
    task<> serve(http::server* server);
    task<> give_up_after_grace(stop_token unless);

    io::event_loop& loop_;
    const emulator_options options_;
    std::vector<io::listener> listeners_;
    log_writer log_;
    function_table functions_;
    stop_source closing_; // nobody new is let in
    stop_source ending_;  // nothing new is run
    stop_source give_up_;
    std::error_code start_error_;
};

} // namespace spry::emulator
