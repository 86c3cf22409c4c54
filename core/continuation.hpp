// SPDX-License-Identifier: Apache-2.0
// continuation: the coroutine that goes on once what it awaits is over, and who awaits that one.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <type_traits>

namespace spry {

class continuation;

namespace detail {
struct awaited;
struct joined;
} // namespace detail

/// A handle that knows whether its coroutine is one of ours, so that a report can follow the chain
/// from what is awaited to the coroutine where it all began. Costs a handle's size, and a mask when
/// it is resumed.
class continuation {
public:
    constexpr continuation() noexcept = default;
    /// Implicit: an awaiter's `await_suspend` takes a continuation where it would take a handle.
    template <class Promise>
    continuation(std::coroutine_handle<Promise> suspended) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(suspended.address()) |
                static_cast<std::uintptr_t>(kind_of<Promise>())) {}

    explicit operator bool() const noexcept { return word_ != 0; }

    std::coroutine_handle<> handle() const noexcept {
        return std::coroutine_handle<>::from_address(address());
    }
    /// Of its frame, which begins with the address of the code that goes on (the ABI of GCC and
    /// clang).
    void* address() const noexcept { return reinterpret_cast<void*>(word_ & ~kind_mask); }

    /// Who awaits this coroutine; none where nobody does, or where its type is not one of ours.
    /// While the coroutine is suspended.
    continuation awaited_by() const noexcept;

private:
    // In the lowest bits of a frame's address, which is aligned to 16.
    enum class kind : std::uintptr_t { awaited, joined, foreign };
    static constexpr std::uintptr_t kind_mask = 3;

    // A promise of a higher alignment does not lie where the bases are looked for.
    template <class Promise>
    static constexpr kind kind_of() noexcept {
        if constexpr (std::is_void_v<Promise>)
            return kind::foreign;
        else if constexpr (alignof(Promise) > 2 * sizeof(void*))
            return kind::foreign;
        else if constexpr (std::derived_from<Promise, detail::awaited>)
            return kind::awaited;
        else if constexpr (std::derived_from<Promise, detail::joined>)
            return kind::joined;
        else
            return kind::foreign;
    }

    std::uintptr_t word_ = 0;
};

namespace detail {

/// The first base with members of the promise of a coroutine that one other awaits.
struct awaited {
    continuation waiter;
};

/// The same of a promise whose coroutine is awaited beside others: it says where to look.
struct joined {
    const continuation* joiner = nullptr;
};

} // namespace detail

inline continuation continuation::awaited_by() const noexcept {
    switch (static_cast<kind>(word_ & kind_mask)) {
    case kind::awaited:
        return std::coroutine_handle<detail::awaited>::from_address(address()).promise().waiter;
    case kind::joined:
        return *std::coroutine_handle<detail::joined>::from_address(address()).promise().joiner;
    case kind::foreign:
        break;
    }
    return {};
}

} // namespace spry
