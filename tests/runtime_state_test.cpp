// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/runtime_state.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace {

using spry::emulator::next_state;
using spry::emulator::runtime_call;
using spry::emulator::runtime_state;
using spry::emulator::transition_refused;

constexpr auto no = std::nullopt;

TEST(runtime_state, follows_the_contracts_table) {
    struct row {
        runtime_state from;
        std::optional<runtime_state> next, response, error, init_error;
    };
    using enum runtime_state;
    const row table[] = {
        {started, ready, no, no, runtime_state::init_error},
        {runtime_state::init_error, no, no, no, no},
        {ready, ready, no, no, no},
        {running, running, runtime_state::response, error_response, no},
        {runtime_state::response, no, no, no, no},
        {error_response, no, no, no, no},
        {response_sent, ready, no, no, no},
    };
    for (const row& each : table) {
        const std::string_view name = spry::emulator::state_name(each.from);
        EXPECT_EQ(next_state(each.from, runtime_call::next), each.next) << name;
        EXPECT_EQ(next_state(each.from, runtime_call::response), each.response) << name;
        EXPECT_EQ(next_state(each.from, runtime_call::error), each.error) << name;
        EXPECT_EQ(next_state(each.from, runtime_call::init_error), each.init_error) << name;
    }
}

TEST(runtime_state, names_both_ends_of_a_refused_transition) {
    EXPECT_EQ(transition_refused(runtime_state::response_sent, runtime_call::init_error),
              "State transition from RuntimeResponseSentState to InitError failed for runtime. "
              "Error: State transition is not allowed");
}

} // namespace
