// SPDX-License-Identifier: Apache-2.0
// environment: one execution environment, from the start of a function's process to its end.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/api_answer.hpp>
#include <spry/emulator/environment_watcher.hpp>
#include <spry/emulator/extension_host.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_output.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/invocation_observer.hpp>
#include <spry/emulator/peak_memory.hpp>
#include <spry/emulator/runtime_state.hpp>
#include <spry/http/server.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/child_process.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// How long a function's process has after SIGTERM, before SIGKILL.
inline constexpr std::chrono::milliseconds termination_grace{2000};
/// How long a process has to exit once it has reported that it could not initialise.
inline constexpr std::chrono::milliseconds init_error_grace{1000};
/// How long a streamed response that broke off counts as a sign that the process is ending.
inline constexpr std::chrono::milliseconds truncation_grace{1000};
/// Invocations of a managed environment whose late answer gets a 410; what was forgotten gets 400.
inline constexpr std::size_t late_answers_max = 1000;

/// How an environment ended.
struct environment_end {
    enum class kind : std::uint8_t {
        ended,       ///< after its initialisation, or because that was asked for
        init_failed, ///< before its first GET next, or at the limit for initialisation
        not_started, ///< there was no process: `error`
    };
    kind what = kind::ended;
    std::error_code error;
    std::string message;    ///< why, as a sentence
    std::string init_error; ///< the document that the runtime has reported, or empty

    /// What an invocation gets that has waited for the process that failed.
    function_outcome outcome_for(std::string_view request_id) const;
};

/// What an environment is doing, for those who look at it.
struct environment_facts {
    enum class condition : std::uint8_t { starting, idle, busy, frozen, ending };
    condition is = condition::starting;
    int process = 0; ///< 0: none
    io::time_point started{};
    std::uint64_t invocations = 0; ///< that it has taken
};

/// One function process, its own Runtime API endpoint, and at most one invocation at a time:
///
/// 1. An invocation is taken from the queue when the runtime waits for one (GET next), and
///    delivered. Its deadline is the function's timeout from then on.
/// 2. The runtime's POST is its outcome, and the caller has it at once.
/// 3. It is over with the next GET next: then its END and REPORT are logged, behind all that the
///    function has printed for it, and the next one is taken.
/// 4. At the deadline the process group is killed. However the process ends, the invocation in hand
///    gets an outcome. The environment has ended with it; a fresh process is a fresh environment.
///
/// Where an initialisation has failed, the next one belongs to an invocation
/// (`phase::invoke`): that is taken first, and its deadline covers both.
///
/// With `managed_concurrency` it is a Managed Instance (contract 3): as many invocations as the
/// runtime has GET nexts waiting, each over with its answer; at its deadline an invocation fails
/// and the process goes on.
///
/// Where the program has extensions (contract 7.6), the external ones start and register first; the
/// initialisation, and each invocation, is over when all extensions wait for an event too, and
/// they have the end of the environment for themselves, once the function's process has ended.
class environment : public queue_link, private extension_watcher {
public:
    /// All outlive the environment. There may be no observer.
    environment(io::event_loop& loop, const function_program& program, invocation_queue& waiting,
                log_writer& log, invocation_observer* observer) noexcept;
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

    /// What the time of an initialisation counts for.
    enum class phase : std::uint8_t { init, invoke };

    /// Starts the process and returns when it has ended and been reaped, with all that belonged to
    /// it. `stop` ends it in an orderly way (SIGTERM, `termination_grace`, SIGKILL), `at_once`
    /// without that grace. Once.
    task<environment_end> run(phase first, stop_token stop, stop_token at_once);

    /// Takes nothing more, and ends in an orderly way once it has nothing in hand: another process
    /// takes its place.
    void retire() noexcept;

    /// Something waits in the queue: takes as much as there is room for now.
    void offer();

    /// How many of those that wait this environment is going to take without another's answer.
    std::size_t free_slots() const noexcept;

    /// Adds the function's process and the extensions', as far as they run.
    void list_processes(std::vector<int>& into) const;

    environment_facts facts() const noexcept;

    // What the runtime calls; used by runtime_api.

    /// A GET next that waits for its event.
    struct next_call : queue_link {
        explicit next_call(io::event_loop& loop) noexcept : changed(loop) {}
        io::async_event changed;
        std::string id;          ///< of what it is given, once `changed` is set
        bool superseded = false; ///< the runtime has asked again, on another connection
    };
    /// Makes `call` one that gets an event: `changed` is set when it is there. The same event again
    /// for a runtime that has not answered yet, unless it is managed.
    std::optional<api_refusal> begin_next(next_call& call);
    /// The call is over, whatever came of it.
    void end_next(next_call& call) noexcept;
    /// What was delivered under this id and is not answered, or null.
    invocation* delivered(std::string_view id) noexcept;
    /// The end of its time.
    std::int64_t deadline_epoch_ms(std::string_view id) noexcept;
    /// It could not be sent, since the runtime has hung up. A managed one gets it with another GET
    /// next; any other asks again for what it has not answered.
    void take_back(std::string_view id);

    /// A response or error for this id begins to arrive.
    std::optional<api_refusal> begin_answer(std::string_view id, runtime_call call);
    /// What the answer under this id is for, or null; also where its time is over meanwhile.
    invocation* being_answered(std::string_view id) noexcept;
    /// A piece of a streamed one has arrived.
    void note_piece(std::string_view id, std::span<const std::byte> piece);
    /// It broke off: the runtime may try again.
    void abandon_answer(std::string_view id) noexcept;
    /// The same of a streamed response, which cannot be repeated. That is the outcome once the
    /// runtime asks for the next event or has lived on for `truncation_grace`; where the process
    /// has ended, it is that.
    std::optional<api_refusal> cut_answer(std::string_view id);
    /// It is complete; refused where the invocation has ended meanwhile.
    std::optional<api_refusal> complete_answer(std::string_view id, function_outcome outcome);

    /// The runtime could not initialise.
    std::optional<api_refusal> begin_init_error();
    void complete_init_error(std::string document);

    /// Null: there are none.
    extension_host* extensions() noexcept { return extensions_.get(); }

    io::event_loop& loop() noexcept { return loop_; }
    bool is_managed() const noexcept { return program_.managed_concurrency != 0; }

    /// Requested once the process has ended, for calls that are still in hand.
    stop_token ending() noexcept { return ending_.token(); }

private:
    // An invocation from its taking to its REPORT.
    struct in_hand {
        invocation* caller; // null once the caller has its outcome and may be gone
        std::string request_id;
        io::time_point begun;
        io::time_point deadline;
        runtime_state state = runtime_state::ready; // ready: taken, and not delivered
        bool cut = false;                           // its response was, and it has no outcome
    };

    task<> start_extensions(io::address runtime_api, stop_token stop);
    bool may_start() const noexcept;
    task<> close_down(stop_token at_once);
    void extensions_changed() override;
    const extension_failure* failed_extension() const noexcept;
    void note_failed_extension();
    void end_initialisation();
    void go_on();
    void end_process();
    task<result<io::exit_status>> end_of_process(stop_token stop, stop_token at_once);
    task<> receive_last_words();
    task<> kill_after(std::chrono::milliseconds grace, stop_token unless);
    task<> serve(http::server* server);
    task<> watch_deadlines();
    task<> limit_init();
    void leave_if_retired() noexcept;
    bool is_receiving() const noexcept;
    in_hand* find(std::string_view id) noexcept;
    runtime_state state() const noexcept;
    void take();
    void deliver(in_hand& what);
    void expire(in_hand& late);
    task<> settle_cut(std::string id);
    void give_cut_outcome(in_hand& of);
    void freeze() noexcept;
    void thaw() noexcept;
    void give_outcome(in_hand& of, function_outcome outcome);
    void end_invocation(in_hand& which, std::string_view status, std::string_view error_type);
    void log_start(const in_hand& of);
    void log_timeout(const in_hand& of);
    std::string describe(const result<io::exit_status>& ended) const;
    environment_end settle_unstarted(environment_end end);
    environment_end settle(const result<io::exit_status>& ended);
    void settle_one(in_hand& left, const result<io::exit_status>& ended,
                    function_outcome::cause of_exit);
    std::string_view exit_type(const result<io::exit_status>& ended) const;
    void log_init_report(std::string_view status, std::string_view error_type);

    io::event_loop& loop_;
    const function_program& program_;
    invocation_queue& waiting_;
    function_log log_;
    invocation_observer* const observer_;

    runtime_state init_state_ = runtime_state::started; // then init_error or ready
    std::vector<std::unique_ptr<in_hand>> in_hand_;     // at most one unless managed
    intrusive_queue<next_call> nexts_;                  // likewise
    std::vector<std::string> late_ids_;                 // managed, and timed out without an answer
    std::uint64_t taken_ = 0;                           // invocations
    phase phase_ = phase::init;
    io::time_point started_{};
    std::optional<std::chrono::nanoseconds> init_duration_; // until it has been reported
    peak_memory memory_;
    std::optional<std::uint64_t> oom_kills_; // of this control group, before
    std::string init_error_;                 // the runtime's document

    task_scope scope_;
    stop_source ending_;
    stop_source init_over_;
    stop_source leaving_; // the process is to end in an orderly way
    io::async_event has_deadline_;
    io::child_process* process_ = nullptr; // while it runs
    function_output* output_ = nullptr;    // as long as there is a pipe
    const std::unique_ptr<extension_host> extensions_;
    environment_watcher* const watcher_;           // null: nobody watches
    stop_source start_over_;                       // of the extensions' start
    std::optional<io::time_point> shutdown_begun_; // the function was told to end
    bool starting_ = false;                        // extensions are, and there is no process yet
    bool initialised_ = false;                     // runtime and extensions are
    bool timed_out_ = false;
    bool init_timed_out_ = false;
    bool stopping_ = false;
    bool retired_ = false;
    bool killed_by_us_ = false;
    bool frozen_ = false;
};

} // namespace spry::emulator
