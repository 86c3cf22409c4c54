// SPDX-License-Identifier: Apache-2.0
// dispatcher: one function's queue of invocations and the environments that serve it.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/environment.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <cstdint>

namespace spry::emulator {

/// Invocations that may wait for an environment; more are told to come again (429).
inline constexpr std::size_t queued_invocations_max_default = 1000;

/// Keeps one environment, and starts a fresh one only when there is something to do for it:
///
/// 1. The first starts at once, so that an initialisation that fails is seen before the first
///    request.
/// 2. When it has ended, for whatever reason, the next one starts with the next invocation, never
///    by itself.
class dispatcher {
public:
    /// The program outlives the dispatcher. `log_fd` takes the function's lines.
    dispatcher(io::event_loop& loop, const function_program& program,
               std::size_t queued_invocations_max, int log_fd) noexcept;
    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Serves until `stop` is requested; then ends the function's process (`environment::run`) and
    /// gives an outcome to every invocation that has none. Fails, at once, where the first process
    /// could not be started. Once.
    task<result<>> run(stop_token stop, stop_token at_once);

    enum class admission : std::uint8_t { accepted, too_many, stopped };
    /// Puts an invocation into the queue. It must then be awaited (`invocation::finished`), which
    /// is certain to come.
    admission submit(invocation& what);

    /// The function's process, or -1.
    int pid() const noexcept { return environment_ == nullptr ? -1 : environment_->pid(); }

private:
    task<result<>> run_environment(stop_token stop, stop_token at_once);

    io::event_loop& loop_;
    const function_program& program_;
    std::size_t queued_invocations_max_;
    int log_fd_;
    invocation_queue waiting_;
    io::async_event arrived_;
    environment* environment_ = nullptr; // while one runs
    bool stopped_ = false;
};

} // namespace spry::emulator
