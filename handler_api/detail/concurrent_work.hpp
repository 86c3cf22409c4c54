// SPDX-License-Identifier: Apache-2.0
// What an initialised function does where it may have several events at once (runtime-contract 3).
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/detail/worker_pool.hpp>
#include <spry/handler_api/run.hpp>
#include <spry/io/event_loop.hpp>

namespace spry {

class runtime;

namespace detail {

/// The process's workers: the first one, which is there in any case, and how the others are made.
struct concurrent_work {
    runtime& first;
    const worker_settings& settings; ///< more than one worker
    io::backend_choice backend;
    thread_count threads;
};

/// Makes the other workers, on this loop and on those of further threads, and runs all until each
/// has ended; blocks the thread at the end, for the other threads. The largest of their exit codes.
task<int> work_concurrently(const concurrent_work* work, io::event_loop* loop);

} // namespace detail

} // namespace spry
