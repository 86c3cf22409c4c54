// SPDX-License-Identifier: Apache-2.0
// invocation_observer: who is told what becomes of every invocation. An interface, since only
// spry-emulator shows it to anybody: a function's binary has no code for that.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace spry::emulator {

class invocation;
class log_tail;
struct function_outcome;
struct function_program;
struct invocation_report;

/// What is given by reference is valid during the call. For one invocation either `taken`, any
/// number of `streamed`, `answered` at most once and `ended`, in this order, or `given_up`. One
/// that a Managed Instance could not be sent is taken again.
class invocation_observer {
public:
    /// An environment begins with it. `process` is the function's, 0 while there is none.
    virtual void taken(const function_program& by, const invocation& what, int process) = 0;
    /// A piece of its response, one that is passed on as it arrives, has come.
    virtual void streamed(std::string_view request_id, std::span<const std::byte> piece) = 0;
    /// The caller gets this.
    virtual void answered(std::string_view request_id, const function_outcome& outcome) = 0;
    /// It is over, and its REPORT logged; without an answer if the caller had one before.
    virtual void ended(std::string_view request_id, const invocation_report& report,
                       const log_tail& log) = 0;
    /// No environment has taken it, and its caller gets this.
    virtual void given_up(const function_program& of, const invocation& what,
                          const function_outcome& outcome) = 0;

protected:
    ~invocation_observer() = default;
};

} // namespace spry::emulator
