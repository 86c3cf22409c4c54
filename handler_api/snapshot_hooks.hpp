// SPDX-License-Identifier: Apache-2.0
// snapshot_hooks: what a process does between its initialisation and its first event where Lambda
// takes a snapshot of it (SnapStart) and restores that, perhaps often (runtime-contract 1.10).
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/lifecycle_hooks.hpp>

#include <concepts>
#include <optional>

namespace spry {

class runtime_client;

namespace detail {

/// 1. Runs the first hooks, the last registered one first. One that fails is posted as an init
///    error.
/// 2. Asks for the restore, on a connection that is closed when the answer has come: none is open
///    when the first event is asked for. The snapshot lies between question and answer, hence there
///    is no limit. This is never repeated.
/// 3. Runs the second hooks, the first registered one first. One that fails is posted as a restore
///    error.
///
/// Nothing where the process shall go on, else the code to exit with. All of them outlive the task.
task<std::optional<int>> pass_snapshot(runtime_client* client, const lifecycle_hooks* before,
                                       const lifecycle_hooks* after);

} // namespace detail

/// A program without such hooks links none of what serves them.
class snapshot_hooks : public lifecycle_hooks {
public:
    constexpr snapshot_hooks() noexcept = default;
    template <std::convertible_to<hook>... Hooks>
        requires(sizeof...(Hooks) >= 1 && sizeof...(Hooks) <= count_max)
    constexpr snapshot_hooks(Hooks... hooks) noexcept
        : lifecycle_hooks(hooks...), pass_(&detail::pass_snapshot) {}

    /// For `run`; null without a hook.
    constexpr auto pass() const noexcept { return pass_; }

private:
    decltype(&detail::pass_snapshot) pass_ = nullptr;
};

} // namespace spry
