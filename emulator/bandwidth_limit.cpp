// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/bandwidth_limit.hpp>

#include <spry/core/assert.hpp>

#include <algorithm>
#include <limits>

namespace spry::emulator {

std::uint64_t bandwidth_limit::available(io::time_point now) noexcept {
    if (bytes_per_second_ == 0)
        return std::numeric_limits<std::uint64_t>::max();
    if (!refilled_)
        refilled_ = now;
    constexpr std::uint64_t refills_per_second =
        std::chrono::seconds{1} / bandwidth_refill_interval;
    const auto refills = static_cast<std::uint64_t>(
        std::max<std::int64_t>((now - *refilled_) / bandwidth_refill_interval, 0));
    // More than this many fill it whatever its rate.
    const std::uint64_t counted = std::min(refills, bandwidth_burst_bytes);
    tokens_ =
        std::min(tokens_ + counted * bytes_per_second_ / refills_per_second, bandwidth_burst_bytes);
    *refilled_ += static_cast<std::int64_t>(refills) * bandwidth_refill_interval;
    return tokens_;
}

void bandwidth_limit::use(std::uint64_t bytes) noexcept {
    if (bytes_per_second_ == 0)
        return;
    SPRY_ASSERT(bytes <= tokens_);
    tokens_ -= bytes;
}

} // namespace spry::emulator
