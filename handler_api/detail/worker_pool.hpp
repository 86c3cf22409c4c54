// SPDX-License-Identifier: Apache-2.0
// worker_pool: the workers that a process has beside its first one (runtime-contract 3).
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation_hooks.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <span>

namespace spry {

class runtime;

namespace detail {

/// What all workers of a process are given; all of it outlives them.
struct worker_settings {
    const spry::environment& environment;
    const endpoint& where;
    const io::address& peer;
    const function& handler;
    log_level level;
    invocation_hooks hooks = {};
    unsigned worker_count = 1; ///< of the process
};

/// What a worker may submit to its loop between two waits: a request, and the receive behind it.
inline constexpr unsigned operations_per_worker = 2;

/// Workers on one loop, each with a connection, a receive buffer, an arena, a JSON reader and a
/// logger of its own. They take turns wherever one of them waits, and know nothing of each other:
/// one that ends, for whatever reason, leaves the others as they are.
///
/// All their memory is one mapping, of which a page is touched when it is needed: two for a worker
/// whose events are small. It is never of huge pages, which would be touched as a whole.
class worker_pool {
public:
    /// Workers `first` to `first + count - 1` of the process. Throws std::bad_alloc.
    worker_pool(io::event_loop& loop, const worker_settings& settings, unsigned first,
                unsigned count);
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;
    ~worker_pool();

    /// Runs them all, and `other` beside them where it is not null, until each has ended. The
    /// largest of their exit codes.
    task<int> run(runtime* other = nullptr);

private:
    struct worker;

    worker* workers_ = nullptr;
    unsigned count_ = 0; // of those that have been made
    std::span<std::byte> mapping_;
};

} // namespace detail

} // namespace spry
