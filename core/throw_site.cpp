// SPDX-License-Identifier: Apache-2.0
#include <spry/core/throw_site.hpp>

#include <array>
#include <atomic>
#include <cstring>

#include <unwind.h>

namespace spry {

namespace {

// The last few throws of all threads. An entry that is being written names no exception; one that
// was overwritten while somebody read it is noticed, since it then names another.
struct site {
    std::atomic<const void*> thrown = nullptr;
    std::atomic<const std::type_info*> type = nullptr;
    std::atomic<std::size_t> count = 0;
    std::array<std::atomic<std::uintptr_t>, throw_site_frames_max> frames{};
};

constinit std::array<site, 8> sites;
constinit std::atomic<std::size_t> next_site = 0;

struct walk {
    site& into;
    std::uintptr_t from; // 0 once it has been reached: what comes before is our own
    std::size_t count = 0;
};

_Unwind_Reason_Code visit(_Unwind_Context* frame, void* argument) {
    walk& state = *static_cast<walk*>(argument);
    const std::uintptr_t address = _Unwind_GetIP(frame);
    if (state.from != 0 && state.from != address)
        return _URC_NO_REASON;
    state.from = 0;
    if (address == 0 || state.count == throw_site_frames_max)
        return _URC_END_OF_STACK;
    state.into.frames[state.count++].store(address - 1, std::memory_order_relaxed);
    return _URC_NO_REASON;
}

} // namespace

void detail::record_throw_site(const void* thrown, const std::type_info* type,
                               const void* from) noexcept {
    site& entry = sites[next_site.fetch_add(1, std::memory_order_relaxed) % sites.size()];
    entry.thrown.store(nullptr, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    walk state{entry, reinterpret_cast<std::uintptr_t>(from)};
    _Unwind_Backtrace(visit, &state);
    entry.type.store(type, std::memory_order_relaxed);
    entry.count.store(state.count, std::memory_order_relaxed);
    entry.thrown.store(thrown, std::memory_order_release);
}

std::size_t throw_site(const std::exception_ptr& error, const std::type_info& type,
                       std::span<std::uintptr_t> out) noexcept {
    // Both C++ libraries represent it as the address of the exception object.
    static_assert(sizeof error == sizeof(void*));
    const void* wanted = nullptr;
    std::memcpy(static_cast<void*>(&wanted), static_cast<const void*>(&error), sizeof wanted);
    if (wanted == nullptr)
        return 0;
    // The youngest first: memory of an exception that is gone may be that of another one.
    const std::size_t youngest = next_site.load(std::memory_order_relaxed) + sites.size() - 1;
    for (std::size_t age = 0; age < sites.size(); ++age) {
        const site& entry = sites[(youngest - age) % sites.size()];
        if (entry.thrown.load(std::memory_order_acquire) != wanted)
            continue;
        const std::type_info* const noted = entry.type.load(std::memory_order_relaxed);
        std::size_t count = entry.count.load(std::memory_order_relaxed);
        count = count < out.size() ? count : out.size();
        for (std::size_t i = 0; i < count; ++i)
            out[i] = entry.frames[i].load(std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_acquire);
        const bool is_whole = entry.thrown.load(std::memory_order_relaxed) == wanted;
        return is_whole && noted != nullptr && *noted == type ? count : 0;
    }
    return 0;
}

} // namespace spry
