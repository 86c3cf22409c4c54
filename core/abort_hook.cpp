// SPDX-License-Identifier: Apache-2.0
#include <spry/core/abort_hook.hpp>

#include <atomic>

namespace spry {

namespace {

constinit std::atomic<abort_hook> hook = nullptr;

} // namespace

void set_abort_hook(abort_hook wanted) noexcept {
    hook.store(wanted, std::memory_order_relaxed);
}

abort_hook current_abort_hook() noexcept {
    return hook.load(std::memory_order_relaxed);
}

} // namespace spry
