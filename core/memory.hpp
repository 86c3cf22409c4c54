// SPDX-License-Identifier: Apache-2.0
// What the replaced `operator new` of a function binary has done so far; for tests and budgets.
//
// The operators come with the target spry::memory, which spry::function and spry::spry link and
// which sanitizer builds leave out. Programs without that target must not call this function.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spry {

struct allocation_counts {
    std::uint64_t pool = 0;     ///< allocations served by the start-up pool
    std::uint64_t fallback = 0; ///< allocations served by mimalloc; 0: it was never started
    std::size_t pool_bytes_reached =
        0; ///< bytes of the pool's memory up to its highest block in use
};

/// Call it on the thread that ran main. `fallback` is exact while one thread allocates, and a lower
/// bound otherwise: counting must not cost a locked instruction.
allocation_counts allocations() noexcept;

} // namespace spry
