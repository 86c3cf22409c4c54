// SPDX-License-Identifier: Apache-2.0
// dispatcher: one function's queue of invocations and the environments that serve it.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/environment.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/invocation_observer.hpp>
#include <spry/emulator/log_writer.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spry::emulator {

/// Invocations that may wait for an environment; more are told to come again (429).
inline constexpr std::size_t queued_invocations_max_default = 1000;
/// How long one may wait there: the longest that Lambda lets a function run.
inline constexpr std::chrono::seconds queue_wait_max_default{900};

struct dispatcher_options {
    std::size_t environments_max = 1;
    std::size_t queued_invocations_max = queued_invocations_max_default;
    std::chrono::milliseconds queue_wait_max = queue_wait_max_default;
    /// Where a process cannot be started, the invocations wait for `replace_processes`.
    bool waits_for_program = false;
};

/// Starts an environment only when there is something to do for it:
///
/// 1. The first starts at once, so that an initialisation that fails is seen before the first
///    request.
/// 2. Another one starts with an invocation that finds no environment free, up to
///    `environments_max`; beyond, it waits.
/// 3. When one has ended, for whatever reason, the next one starts with the next invocation that
///    needs it, never by itself. Where its initialisation had failed, the next one is repeated
///    within that invocation (contract 1.10), which gets the error where it fails again.
class dispatcher {
public:
    /// The program, and the log that takes the function's lines, outlive the dispatcher.
    dispatcher(io::event_loop& loop, const function_program& program, log_writer& log,
               const dispatcher_options& options) noexcept;
    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Serves until `stop` is requested; then ends the function's processes (`environment::run`)
    /// and gives an outcome to every invocation that has none. Fails, at once, where the first
    /// process could not be started. Once.
    task<result<>> run(stop_token stop, stop_token at_once);
    /// Why the first process could not be started, as a sentence.
    const std::string& start_failure() const noexcept { return start_failure_; }

    /// Tells of every invocation from now on; before `run`, and for as long as that runs.
    void observe(invocation_observer* by) noexcept { observer_ = by; }

    enum class admission : std::uint8_t { accepted, too_many, stopped };
    /// Puts an invocation into the queue, once `run` has begun. It must then be awaited
    /// (`invocation::finished`), which is certain to come, and `finished` be called. `even_if_full`
    /// is for those whose caller has been promised that they are run.
    admission submit(invocation& what, bool even_if_full = false);
    void finished() noexcept { --in_hand_; }

    /// The program has changed: every process ends once it has answered what it has in hand, and
    /// another one starts. What waits goes on waiting.
    void replace_processes();

    /// Adds the function's processes.
    void list_processes(std::vector<int>& into);

    /// How many wait for an environment, and since when the first of them does.
    std::size_t waiting() const noexcept { return waiting_.size(); }
    io::time_point waiting_since() noexcept;
    std::vector<environment_facts> environments();

    const function_program& program() const noexcept { return program_; }

private:
    task<> keep(environment::phase first);
    task<> expire_waiting();
    void start_missing();
    void fail_waiting(const environment_end& end);
    void give_up(invocation& what, function_outcome outcome);

    io::event_loop& loop_;
    const function_program& program_;
    log_writer& log_;
    const dispatcher_options options_;
    invocation_observer* observer_ = nullptr; // null: nobody
    invocation_queue waiting_;
    std::size_t in_hand_ = 0; // accepted, and without an answer
    intrusive_queue<environment> environments_;
    task_scope scope_;
    stop_token at_once_;
    stop_source ended_;
    io::async_event arrived_;
    std::error_code start_error_;
    std::string start_failure_;
    bool first_ = true;        // no environment has ended
    bool init_failed_ = false; // the last initialisation has
    bool stopped_ = false;
    bool replacing_ = false;      // a process is to start once another has ended
    bool program_broken_ = false; // it could not be started, and waits for a change
};

} // namespace spry::emulator
