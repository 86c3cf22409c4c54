// SPDX-License-Identifier: Apache-2.0
// bandwidth_limit: how fast a streamed response may go (runtime contract 2.4). Pure data: the
// caller tells the time.
#pragma once

#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace spry::emulator {

/// What a response may send at once before the limit counts.
inline constexpr std::uint64_t bandwidth_burst_bytes = 6 * 1024 * 1024;
/// How often its allowance is topped up.
inline constexpr std::chrono::milliseconds bandwidth_refill_interval{125};

/// A token bucket: full at first, it gets an eighth of a second's bytes every
/// `bandwidth_refill_interval` and holds `bandwidth_burst_bytes`. Its time begins when it is first
/// asked.
class bandwidth_limit {
public:
    /// 0: no limit.
    explicit bandwidth_limit(std::uint64_t bytes_per_second) noexcept
        : bytes_per_second_(bytes_per_second) {}

    /// How many bytes may go now.
    std::uint64_t available(io::time_point now) noexcept;
    /// So many have gone; no more than are available.
    void use(std::uint64_t bytes) noexcept;
    /// When there will be more; `available` has been asked before.
    io::time_point next_refill() const noexcept { return *refilled_ + bandwidth_refill_interval; }

private:
    std::uint64_t bytes_per_second_;
    std::uint64_t tokens_ = bandwidth_burst_bytes;
    std::optional<io::time_point> refilled_;
};

} // namespace spry::emulator
