// SPDX-License-Identifier: Apache-2.0
// Measuring functions in turn, and what came out.
#pragma once

#include "subjects.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bench {

struct plan {
    unsigned rounds = 10;
    unsigned starts = 10;
    unsigned budget_ms = 60;
    int cpu = -1;
    bool echo = false;
    std::vector<std::size_t> event_bytes{2, 1024, 131072, 6291456};
};

struct result {
    subject what;
    /// Microseconds by quantity ("first_get", "turn 1024"): the median of what a round measured.
    std::map<std::string, series> times;
    std::uint64_t file_bytes = 0;
    std::uint64_t start_faults = 0; ///< minor, from exec to the first GET
    std::uint64_t resident_kib = 0; ///< behind the last small event
};

struct results {
    int cpu = 0;
    plan planned;
    std::vector<std::string> quantities; ///< the keys of `times`, in the order of a table
    std::vector<result> functions;       ///< the reference first
};

/// Throws std::runtime_error that names the function that failed.
results measure(const plan& planned, const std::vector<subject>& subjects);

/// What `function` took for a quantity, divided by what the reference took, for each round.
series ratios(const results& all, const result& function, const std::string& quantity);

} // namespace bench
