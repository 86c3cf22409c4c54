// SPDX-License-Identifier: Apache-2.0
// shutdown_hooks: what runs before the process ends because it was told to.
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/lifecycle_hooks.hpp>
#include <spry/handler_api/log.hpp>

#include <concepts>

namespace spry {

class shutdown_hooks;
struct endpoint;

namespace io {
class address;
class event_loop;
} // namespace io

namespace detail {

/// Runs `work`, which ends with the process's exit code, between the registration of an internal
/// extension and the hooks: Lambda sends SIGTERM only where an extension is registered
/// (runtime-contract 1.9). Where that fails, one warning is logged. The hooks run where the process
/// has been told to end, the last one first; each failure is logged, and the others run
/// nevertheless. What is pointed to outlives the task.
task<int> run_with_shutdown_hooks(const shutdown_hooks* hooks, io::event_loop* loop,
                                  const endpoint* where, const io::address* peer, log_level level,
                                  task<int> work);

} // namespace detail

/// A program without such hooks links none of what serves them.
class shutdown_hooks : public lifecycle_hooks {
public:
    constexpr shutdown_hooks() noexcept = default;
    template <std::convertible_to<hook>... Hooks>
        requires(sizeof...(Hooks) >= 1 && sizeof...(Hooks) <= count_max)
    constexpr shutdown_hooks(Hooks... hooks) noexcept
        : lifecycle_hooks(hooks...), run_(&detail::run_with_shutdown_hooks) {}

    /// For `run`; null without a hook.
    constexpr auto run_around() const noexcept { return run_; }

private:
    decltype(&detail::run_with_shutdown_hooks) run_ = nullptr;
};

} // namespace spry
