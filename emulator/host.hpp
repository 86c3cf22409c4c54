// SPDX-License-Identifier: Apache-2.0
// host: the process around an emulator, its signals, the orphans it inherits, and what it says.
#pragma once

#include <spry/emulator/emulator.hpp>
#include <spry/io/event_loop.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace spry::emulator {

/// Somebody who is served first. The emulator then ends, with the visitor's exit code.
class visitor {
public:
    /// May use the front door, which is at `at`; stopped where the emulator ends before.
    virtual task<int> visit(io::event_loop& loop, const io::address& at, stop_token stop) = 0;

protected:
    ~visitor() = default;
};

/// Somebody who works beside the emulator until `stop`.
class companion {
public:
    virtual task<> accompany(io::event_loop& loop, emulator& local, stop_token stop) = 0;

protected:
    ~companion() = default;
};

/// What differs between programs that have an emulator.
struct host_options {
    /// What stands in front of an address where one is chosen: "SPRY_LISTEN=".
    std::string_view address_setting;
    /// A sentence with cause and cure, for a function that cannot be started.
    std::string (*explain_start)(const emulator& of, const std::error_code& why);
    bool says_where_it_listens = true;
    std::string_view page; ///< path of a page for people; empty: none
    /// Orphans of the function's become this process's children, also where it is not PID 1: what
    /// has left the function's process group can then be found, and ended.
    bool adopts_orphans = false;
    companion* beside = nullptr; ///< null: none
    visitor* first = nullptr;    ///< null: it serves until a signal comes
};

/// True for PID 1, whom the kernel gives all orphans.
bool is_init() noexcept;

/// Runs an emulator until SIGTERM, SIGINT or SIGHUP asks for an orderly end (the second signal for
/// one at once). Returns the exit code; what goes wrong is told in one line.
int host(io::event_loop& loop, emulator_options options, const host_options& with);

} // namespace spry::emulator
