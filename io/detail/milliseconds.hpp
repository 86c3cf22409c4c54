// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spry/io/operation.hpp>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdint>
#include <optional>

namespace spry::io::detail {

/// The timeout that poll(2) and epoll_wait(2) take: milliseconds until a time, rounded up so that a
/// wait never ends before it; -1 for none.
inline int milliseconds_until(std::optional<time_point> until, time_point now) noexcept {
    if (!until)
        return -1;
    if (*until <= now)
        return 0;
    const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*until - now).count();
    return static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
}

} // namespace spry::io::detail
