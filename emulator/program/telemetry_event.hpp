// SPDX-License-Identifier: Apache-2.0
// The events of the Telemetry API as JSON, {"time":...,"type":...,"record":...} (runtime
// contract 7.7). Their time is the present.
#pragma once

#include <spry/emulator/environment_watcher.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/program/extension_request.hpp>
#include <spry/emulator/program/telemetry_request.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// A part of an invocation's time.
struct telemetry_span {
    std::string_view name;
    io::time_point begun;
    io::time_point ended;
};

/// What an event says about an invocation.
struct telemetry_invocation {
    std::string_view request_id;
    std::string_view trace_id; ///< empty: none
    std::string_view status;   ///< "success", "error", "failure" or "timeout"
    std::string_view error_type;
    std::vector<telemetry_span> spans;
};

std::string init_start_event(const function_program& of, bool in_invocation);
std::string init_runtime_done_event(const function_program& of, bool in_invocation,
                                    const initialisation_report& how);
std::string init_report_event(const function_program& of, bool in_invocation,
                              const initialisation_report& how);
std::string start_event(const function_program& of, const telemetry_invocation& what);
std::string runtime_done_event(const telemetry_invocation& what, std::chrono::nanoseconds duration,
                               std::uint64_t bytes);
std::string report_event(const telemetry_invocation& what, const invocation_report& how);
/// An extension has come to another state: "Ready", "Exited".
std::string extension_event(std::string_view name, std::string_view state,
                            const extension_events& wants, std::string_view error_type);
std::string subscription_event(std::string_view name, std::string_view state,
                               const telemetry_subscription& what);
std::string logs_dropped_event(std::size_t events, std::size_t bytes);
/// A line, without its line feed. With `json_lines` one that is a JSON object is that in the event,
/// any other is a text.
std::string printed_event(telemetry_category by, std::string_view line, bool json_lines);

} // namespace spry::emulator
