// SPDX-License-Identifier: Apache-2.0
// environment_watcher: is told what happens in an environment, as it happens (runtime
// contract 7.7). An interface, since only spry-emulator has somebody who wants to know.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace spry::emulator {

class invocation;
class output_watcher;
struct invocation_report;

/// How an initialisation ended.
struct initialisation_report {
    std::string_view status;     ///< "success", "error" or "timeout"
    std::string_view error_type; ///< "Runtime.ExitError", "reported", or empty
    std::chrono::nanoseconds duration{};
};

/// Views and references are valid for the call. In this order:
///
/// 1. `initialisation_begun`, then `runtime_initialised` and `initialisation_ended`; where it fails
///    or is cut short, one of them or both are left out.
/// 2. For each invocation `invocation_begun`, `answer_begun` and `answer_ended`, `runtime_done`,
///    `invocation_ended`; how far it comes depends. An answer that broke off begins again.
///
/// With an initialisation that belongs to an invocation, that one begins within it.
class environment_watcher {
public:
    virtual void initialisation_begun(bool in_invocation) = 0;
    /// The runtime has asked for its first event.
    virtual void runtime_initialised() = 0;
    /// Runtime and extensions have initialised, or one of them has failed.
    virtual void initialisation_ended(const initialisation_report& how) = 0;

    virtual void invocation_begun(const invocation& what) = 0;
    virtual void answer_begun(std::string_view request_id) = 0;
    /// All of the response has arrived, so many bytes, or of an error none.
    virtual void answer_ended(std::string_view request_id, std::uint64_t bytes) = 0;
    /// The runtime has asked for the next event. More than once, while extensions are busy; not on
    /// Managed Instances.
    virtual void runtime_done(std::string_view request_id) = 0;
    virtual void invocation_ended(std::string_view request_id, const invocation_report& how) = 0;

    /// Is given what the function prints.
    virtual output_watcher& of_function_output() noexcept = 0;

protected:
    ~environment_watcher() = default;
};

} // namespace spry::emulator
