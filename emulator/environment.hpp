// SPDX-License-Identifier: Apache-2.0
// environment: one execution environment, from the start of a function's process to its end.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_output.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/runtime_state.hpp>
#include <spry/http/server.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/child_process.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// How long a function's process has after SIGTERM, before SIGKILL.
inline constexpr std::chrono::milliseconds termination_grace{2000};
/// How long a process has to exit once it has reported that it could not initialise.
inline constexpr std::chrono::milliseconds init_error_grace{1000};

/// A Runtime API call that was refused (runtime contract 1.7).
struct api_refusal {
    int status;
    std::string_view type; ///< static text
    std::string message;
};

/// One function process, its own Runtime API endpoint, and at most one invocation at a time:
///
/// 1. An invocation is taken from the queue as soon as there is none in hand, also while the
///    process initialises. From then on its deadline runs, which so covers the initialisation.
/// 2. It is delivered to the runtime's waiting GET next.
/// 3. The runtime's POST is its outcome, and the caller has it at once.
/// 4. It is over with the next GET next: then its END and REPORT are logged, behind all that the
///    function has printed for it, and the next one is taken.
/// 5. At the deadline the process group is killed. However the process ends, the invocation in hand
///    gets an outcome, and so does everybody who waits where it ended before its first GET next.
///    The environment has ended with it; a fresh process is a fresh environment.
class environment {
public:
    /// All four outlive the environment. `log_fd` takes the function's lines.
    environment(io::event_loop& loop, const function_program& program, invocation_queue& waiting,
                int log_fd) noexcept;
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

    /// Starts the process and returns when it has ended and been reaped, with all that belonged to
    /// it. `stop` ends it in an orderly way (SIGTERM, `termination_grace`, SIGKILL), `at_once`
    /// without that grace. Fails where the process could not be started; what waits then has its
    /// outcome. Once.
    task<result<>> run(stop_token stop, stop_token at_once);

    /// Something waits in the queue: takes it, if there is nothing in hand.
    void offer();

    /// The function's process, or -1.
    int pid() const noexcept { return process_ == nullptr ? -1 : process_->pid(); }

    // What the runtime calls; used by runtime_api.

    /// A GET next that waits for its event.
    struct next_call {
        explicit next_call(io::event_loop& loop) noexcept : changed(loop) {}
        io::async_event changed;
        bool superseded = false; ///< the runtime has asked again, on another connection
    };
    /// Makes `call` the one that gets the next event: `changed` is set when it is there. The same
    /// event again for a runtime that has not answered yet.
    std::optional<api_refusal> begin_next(next_call& call);
    /// The call is over, whatever came of it.
    void end_next(next_call& call) noexcept;

    /// The invocation that was delivered and not answered, or null.
    invocation* delivered() noexcept;
    std::int64_t deadline_epoch_ms() const noexcept;

    /// A response or error for this id begins to arrive.
    std::optional<api_refusal> begin_answer(std::string_view id, runtime_call call);
    /// It broke off: the runtime may try again.
    void abandon_answer() noexcept;
    /// It is complete.
    void complete_answer(function_outcome outcome);

    /// The runtime could not initialise.
    std::optional<api_refusal> begin_init_error();
    void complete_init_error(std::string document);

    /// Requested once the process has ended, for calls that are still in hand.
    stop_token ending() noexcept { return ending_.token(); }

private:
    // The invocation in hand, from its taking to its REPORT.
    struct current_invocation {
        current_invocation(invocation& taken, io::time_point now, io::time_point until)
            : caller(&taken), request_id(taken.request_id), begun(now), deadline(until) {}

        invocation* caller; // null once the caller has its outcome and may be gone
        std::string request_id;
        io::time_point begun; // taken, and then delivered
        io::time_point deadline;
        bool delivered = false;
        bool answered = false;
    };

    task<result<io::exit_status>> end_of_process(stop_token stop, stop_token at_once);
    task<> receive_last_words();
    task<> kill_after(std::chrono::milliseconds grace, stop_token unless);
    task<> serve(http::server* server);
    task<> watch_deadline();
    void take_next();
    void deliver();
    void give_outcome(function_outcome outcome);
    void end_invocation(std::string_view status);
    void settle(const result<io::exit_status>& ended);
    void settle_current(const result<io::exit_status>& ended);
    void fail_waiting(std::string_view type, std::string_view message);
    std::string describe_end(const result<io::exit_status>& ended) const;
    void log_init_error(std::string_view type);

    io::event_loop& loop_;
    const function_program& program_;
    invocation_queue& waiting_;
    function_log log_;

    runtime_state state_ = runtime_state::started;
    std::optional<current_invocation> current_;
    next_call* next_ = nullptr;
    io::time_point started_{};
    std::optional<std::chrono::nanoseconds> init_duration_; // until it has been reported
    std::optional<std::uint64_t> peak_memory_kib_;
    std::string init_error_; // the runtime's document

    task_scope scope_;
    stop_source ending_;
    stop_source current_over_; // ends the wait for the deadline
    io::async_event has_current_;
    io::child_process* process_ = nullptr; // while it runs
    function_output* output_ = nullptr;    // as long as there is a pipe
    bool timed_out_ = false;
    bool stopping_ = false;
};

} // namespace spry::emulator
