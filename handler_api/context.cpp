// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/context.hpp>

#include <algorithm>

namespace spry {

context::clock::duration context::remaining_time() const noexcept {
    if (!about_.deadline)
        return clock::duration::max();
    return std::max(*about_.deadline - clock::now(), clock::duration::zero());
}

bool context::should_stop() const noexcept {
    return stop_.stop_requested() || remaining_time() <= stop_margin;
}

} // namespace spry
