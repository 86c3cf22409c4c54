// SPDX-License-Identifier: Apache-2.0
#include <spry/io/async_event.hpp>

#include <utility>

namespace spry::io {

void async_event::set() noexcept {
    set_ = true;
    while (waiter* next = waiters_.pop_front()) {
        // One that was stopped a moment ago is on its way already.
        if (next->wake.record().state == operation::progress::pending)
            loop_.complete(next->wake.record());
    }
}

task<result<>> async_event::wait(stop_token stop) {
    if (set_)
        co_return result<>{};
    waiter self{loop_, stop};
    waiters_.push_back(self);
    self.wake.start();
    const result<> outcome = co_await std::move(self.wake);
    if (self.is_linked())
        waiters_.remove(self);
    co_return outcome;
}

} // namespace spry::io
