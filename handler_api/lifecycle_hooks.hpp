// SPDX-License-Identifier: Apache-2.0
// lifecycle_hooks: what runs once at a turn in the life of the process.
#pragma once

#include <spry/core/task.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace spry {

/// Tasks without parameters, in the order in which they are given, which is called the order of
/// registration:
///
///     spry::run(argc, argv, {{"f", handler}}, {.after_restore = {open_pool, seed_random}});
class lifecycle_hooks {
public:
    using hook = task<> (*)();
    static constexpr std::size_t count_max = 8;

    constexpr lifecycle_hooks() noexcept = default;
    template <std::convertible_to<hook>... Hooks>
        requires(sizeof...(Hooks) >= 1 && sizeof...(Hooks) <= count_max)
    constexpr lifecycle_hooks(Hooks... hooks) noexcept
        : hooks_{static_cast<hook>(hooks)...}, count_(sizeof...(Hooks)) {}

    constexpr std::span<const hook> all() const noexcept { return {hooks_.data(), count_}; }

private:
    std::array<hook, count_max> hooks_{};
    std::size_t count_ = 0;
};

} // namespace spry
