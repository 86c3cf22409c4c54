// SPDX-License-Identifier: Apache-2.0
// The Runtime API's state machine: which call is allowed when (runtime contract 1.7). Pure data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Where a runtime stands, in the words of the API's error messages.
enum class runtime_state : std::uint8_t {
    started,        ///< the process runs and has not asked for an event
    init_error,     ///< it has said that it cannot start; nothing is allowed any more
    ready,          ///< it waits for an event
    running,        ///< it has one
    response,       ///< its response is being received
    error_response, ///< its error is being received
    response_sent,  ///< its answer has been taken; it has not asked for the next event
};

enum class runtime_call : std::uint8_t { next, response, error, init_error };

/// "Started", "RuntimeResponseSentState": how messages name a state.
std::string_view state_name(runtime_state state) noexcept;

/// The state a call leads to, or none where it is refused with 403. `running` and `next` stay
/// `running`: a runtime whose answer broke on the way gets the same event again.
std::optional<runtime_state> next_state(runtime_state state, runtime_call call) noexcept;

/// "State transition from Ready to InitError failed for runtime. ...", for a refused call.
std::string transition_refused(runtime_state state, runtime_call call);

} // namespace spry::emulator
