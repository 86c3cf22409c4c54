// SPDX-License-Identifier: Apache-2.0
// run: everything between main and the handlers.
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation_hooks.hpp>
#include <spry/handler_api/shutdown_hooks.hpp>
#include <spry/handler_api/snapshot_hooks.hpp>

#include <chrono>
#include <initializer_list>

namespace spry {

namespace io {
enum class backend_choice;
}

namespace detail {
struct worker_settings;
class worker_threads;
worker_threads* start_worker_threads(const worker_settings& settings, io::backend_choice backend,
                                     unsigned threads);
} // namespace detail

/// How many threads the workers of a function with concurrency are spread over, each thread with a
/// loop of its own: a number, or `spry::per_cpu`. Never more than workers, of which there is one
/// unless Lambda asks for several.
class thread_count {
public:
    /// The one that runs main.
    constexpr thread_count() noexcept = default;
    constexpr thread_count(unsigned count) noexcept
        : count_(count), start_(&detail::start_worker_threads) {}

    constexpr unsigned count() const noexcept { return count_; }

    /// For `run`. Null where only one was asked for: a program that has no other never links
    /// threads.
    constexpr auto start() const noexcept { return start_; }

private:
    unsigned count_ = 1;
    detail::worker_threads* (*start_)(const detail::worker_settings&, io::backend_choice,
                                      unsigned) = nullptr;
};

/// One thread for each CPU that the process may use.
inline constexpr thread_count per_cpu{~0U};

/// What `run` returns where a hook around a snapshot has failed.
inline constexpr int exit_before_snapshot_failed = 64;
inline constexpr int exit_after_restore_failed = 65;

struct run_options {
    /// Runs on the loop before the first event is asked for, within Lambda's time for
    /// initialisation. An exception is posted as an init error, and the process exits.
    task<> (*init)() = nullptr;
    /// Called around every invocation of the process, whichever handler answers it: for tracing and
    /// metrics. What belongs to one handler is middleware around that handler.
    invocation_start_hook on_invocation_start = nullptr;
    invocation_end_hook on_invocation_end = nullptr;

    /// How long before an invocation's deadline its stop token fires, and `should_stop` says so:
    /// what a handler needs to give up and answer. Less than nothing counts as nothing, and more
    /// than a day as a day.
    std::chrono::milliseconds stop_margin = context::default_stop_margin;

    /// For handlers that compute more than they wait, where AWS_LAMBDA_MAX_CONCURRENCY asks for
    /// several workers: `.threads = spry::per_cpu`. The handlers are then called on several threads
    /// at once, with stacks of 1 MiB but for main's own; `init` and all else stays on main's.
    thread_count threads = {};

    /// Where Lambda takes a snapshot of the initialised process (SnapStart), and only there: what
    /// runs before that, the last hook first, and what runs in each process that is made of it, the
    /// first hook first, within ten seconds. No event is asked for until all have ended. An
    /// exception is posted, and the process exits with 64 or 65. A function without either does not
    /// ask for the restore: its image says with a label that a snapshot may be taken.
    snapshot_hooks before_snapshot = {};
    snapshot_hooks after_restore = {};
    /// False where the function's own code asks for the restore, which must not be done twice. The
    /// two hooks above do not run then.
    bool restore_handshake = true;

    /// Runs when the process has been told to end (SIGTERM) and has answered the event in hand, the
    /// last hook first; Lambda leaves 500 ms for it. With a hook, and only then, the process
    /// registers an internal extension at its start, without which Lambda sends no signal. A hook
    /// that fails is logged; the exit code stays 0.
    shutdown_hooks on_shutdown = {};
};

/// Runs the function that the table, the arguments and `_HANDLER` select:
///
/// - on Lambda, or behind any emulator (AWS_LAMBDA_RUNTIME_API is set): takes event after event
/// until the process is told to
///   end;
/// - without that variable: becomes its own emulator, starts itself as the function behind it, and
/// answers HTTP
///   (spry::spry), or says that the variable is missing (spry::function).
///
/// Where AWS_LAMBDA_MAX_CONCURRENCY says more than 1, so many workers take events at the same time,
/// each answering one after the other: a handler that waits leaves the thread to the others. What
/// handlers share besides is theirs to keep in order.
///
/// Returns the exit code for `main`: 0 after SIGTERM, else non-zero with one line on standard
/// error. What stands in main before `run` runs in both processes of the local mode.
///
///     int main(int argc, char** argv) { return spry::run(argc, argv, {{"greet", greet}, {"echo",
///     echo}}); }
int run(int argc, char** argv, std::initializer_list<function> table, run_options options = {});

} // namespace spry
