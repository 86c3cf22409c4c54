// SPDX-License-Identifier: Apache-2.0
// worker_threads: threads that run workers beside the one that runs main.
#pragma once

#include <spry/handler_api/detail/worker_pool.hpp>
#include <spry/io/event_loop.hpp>

namespace spry::detail {

/// Only `start_worker_threads` makes one, which is linked into programs that ask for threads and
/// into no others.
class worker_threads {
public:
    worker_threads() = default;
    worker_threads(const worker_threads&) = delete;
    worker_threads& operator=(const worker_threads&) = delete;
    /// After `join`.
    virtual ~worker_threads() = default;

    /// Workers 0 to `left` - 1 are the caller's: as many as each thread has, and those for which no
    /// thread could be had.
    virtual unsigned left() const noexcept = 0;

    /// Waits for the end of all threads, blocking this one. The largest exit code of their workers.
    virtual int join() noexcept = 0;
};

/// Starts all but one of `threads` threads (or of `per_cpu`), none without a worker, each with an
/// equal share of the workers on a loop of its own and with a stack of 1 MiB. The settings outlive
/// them. The caller owns what is returned. Throws std::bad_alloc.
worker_threads* start_worker_threads(const worker_settings& settings, io::backend_choice backend,
                                     unsigned threads);

} // namespace spry::detail
