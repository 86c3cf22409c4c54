// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/runtime_state.hpp>

#include <array>
#include <cstddef>

namespace spry::emulator {

namespace {

constexpr std::array<std::string_view, 7> names{
    "Started",
    "InitError",
    "Ready",
    "Running",
    "InvocationResponse",
    "InvocationErrorResponse",
    "RuntimeResponseSentState",
};

// The state that each call is meant to lead to.
constexpr std::array<runtime_state, 4> goals{
    runtime_state::ready,
    runtime_state::response,
    runtime_state::error_response,
    runtime_state::init_error,
};

runtime_state goal(runtime_call call) noexcept {
    return goals[static_cast<std::size_t>(call)];
}

} // namespace

std::string_view state_name(runtime_state state) noexcept {
    return names[static_cast<std::size_t>(state)];
}

std::optional<runtime_state> next_state(runtime_state state, runtime_call call) noexcept {
    switch (call) {
    case runtime_call::next:
        if (state == runtime_state::running)
            return runtime_state::running;
        if (state == runtime_state::started || state == runtime_state::ready ||
            state == runtime_state::response_sent)
            return runtime_state::ready;
        return std::nullopt;
    case runtime_call::response:
    case runtime_call::error:
        if (state == runtime_state::running)
            return goal(call);
        return std::nullopt;
    case runtime_call::init_error:
        if (state == runtime_state::started)
            return runtime_state::init_error;
        return std::nullopt;
    }
    return std::nullopt;
}

std::string transition_refused(runtime_state state, runtime_call call) {
    std::string text = "State transition from ";
    text += state_name(state);
    text += " to ";
    text += state_name(goal(call));
    text += " failed for runtime. Error: State transition is not allowed";
    return text;
}

} // namespace spry::emulator
