// SPDX-License-Identifier: Apache-2.0
// extension_host: what an environment asks of those who run its extensions (runtime contract 7.6).
// An interface, since only spry-emulator has extensions: a function's binary has no code for them.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/http/exchange.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

class environment_watcher;
class function_log;
struct function_program;
class invocation;

/// All of the Shutdown phase, from the function's SIGTERM on; extensions are killed at its end.
inline constexpr std::chrono::milliseconds extension_shutdown_time{2000};
/// What of it the function has, where there are external extensions.
inline constexpr std::chrono::milliseconds runtime_shutdown_time{600};

/// Why an environment ends over one of its extensions.
struct extension_failure {
    std::string type;    ///< "Extension.Crash", or what the extension has reported
    std::string message; ///< a sentence
};

/// What the extensions tell of; the environment.
class extension_watcher {
public:
    /// All are idle now, or one has failed. Not while they start or shut down.
    virtual void extensions_changed() = 0;

protected:
    ~extension_watcher() = default;
};

/// One environment's extensions: the processes of the external ones, and who has registered.
class extension_host {
public:
    virtual ~extension_host() = default;

    /// Starts the external ones, whose output goes to `log`, which outlives them, and returns when
    /// all have registered, one has failed, or `stop` is requested.
    virtual task<> start(io::address runtime_api, function_log& log, stop_token stop) = 0;
    /// Answers a call of the Extensions API; false, and no answer, for any other path. `ending`
    /// cuts a wait for an event short.
    virtual task<bool> handle(http::exchange& exchange, stop_token ending) = 0;
    /// Wants to know what happens in the environment. Its `runtime_initialised` means, too, that
    /// nobody may register any more.
    virtual environment_watcher& watcher() noexcept = 0;
    /// Takes what the external ones have printed up to now: it stands in front of an END.
    virtual void drain_output() = 0;
    /// An event for all that have subscribed to INVOKE.
    virtual void begin_invocation(const invocation& what, std::int64_t deadline_epoch_ms) = 0;
    /// All wait for an event: what initialises has done so, and an invocation is over.
    virtual bool is_idle() const noexcept = 0;
    virtual bool has_processes() const noexcept = 0;
    virtual const std::optional<extension_failure>& failure() const noexcept = 0;
    /// Tells those who want to know, "spindown", "timeout" or "failure"; returns when all processes
    /// have ended. At `deadline` and with `at_once` they are killed, and those that do not want to
    /// know at once. For as long as `handle` is called.
    virtual task<> shut_down(std::string_view reason, io::time_point deadline,
                             stop_token at_once) = 0;
    /// To all of their process groups.
    virtual void signal(int number) noexcept = 0;
    /// Adds their processes.
    virtual void list_processes(std::vector<int>& into) const = 0;
};

/// Makes one for an environment of this function's. All three outlive it.
using extension_host_maker = std::unique_ptr<extension_host> (*)(io::event_loop&,
                                                                 const function_program&,
                                                                 extension_watcher&);

} // namespace spry::emulator
