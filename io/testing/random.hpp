// SPDX-License-Identifier: Apache-2.0
// random_source: the same numbers from the same seed, with every compiler and library.
#pragma once

#include <cstdint>

namespace spry::io::testing {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): a
/// counter and a mixing function, so that any seed is a good one. What std:: distributions make of
/// a generator differs between libraries; a failing seed has to fail everywhere.
class random_source {
public:
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15;
        return mixed(state_);
    }

    /// 0 to count - 1, and 0 for a count of 0. Slightly uneven for counts near 2^64, which nobody
    /// has.
    std::uint64_t below(std::uint64_t count) noexcept { return count == 0 ? 0 : next() % count; }
    /// From 1 to `count`, which is not 0.
    std::uint64_t up_to(std::uint64_t count) noexcept { return 1 + below(count); }
    /// True so many times in a thousand. A chance of 0 draws no number: what is switched off leaves
    /// the rest of a run as it was.
    bool chance(unsigned permille) noexcept { return permille != 0 && below(1000) < permille; }

    /// The mixing function alone, for hashes.
    static constexpr std::uint64_t mixed(std::uint64_t value) noexcept {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

private:
    std::uint64_t state_;
};

} // namespace spry::io::testing
