// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/context.hpp>

#include <spry/handler_api/stream.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace spry {

context::clock::duration context::remaining_time() const noexcept {
    if (!about_.deadline)
        return clock::duration::max();
    return std::max(*about_.deadline - loop_.wall_time(), clock::duration::zero());
}

bool context::should_stop() const noexcept {
    return stop_.stop_requested() || remaining_time() <= stop_margin_;
}

void context::adopt(detail::response_stream& made) noexcept {
    made.next = std::exchange(streams_, &made);
}

void context::end_streams() noexcept {
    while (streams_ != nullptr) {
        detail::response_stream* const last = std::exchange(streams_, streams_->next);
        std::destroy_at(last);
    }
}

} // namespace spry
