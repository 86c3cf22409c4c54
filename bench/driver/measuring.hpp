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
    bool same_answers = false; ///< check that all answer the same, but for spaces
    bool progress = false;     ///< a word on stderr behind each round
    bool copies = false;       ///< of the programs' files, other ones in each round
    unsigned warm_up_ms = 0;   ///< at least, beside a fixed number of invocations
    std::vector<std::size_t> event_bytes{2, 1024, 131072, 6291456};
    std::vector<unsigned> gaps_ms; ///< of nothing to do, before an event of 2 bytes
    std::string event;             ///< one that is given, in place of those of `event_bytes`
};

struct result {
    subject what;
    std::string file;              ///< that is executed: the program's or a copy of it
    bool many_connections = false; ///< asks on another one than that on which it answers
    /// Microseconds by quantity ("first_get", "turn 1024"): the median of what a round measured.
    std::map<std::string, series> times;
    std::uint64_t file_bytes = 0;
    std::uint64_t start_faults = 0; ///< minor, from exec to the first GET
    std::uint64_t resident_kib = 0; ///< behind the last small event
    std::uint64_t peak_kib = 0;     ///< of all sizes
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
