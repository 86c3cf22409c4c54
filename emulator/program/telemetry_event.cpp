// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/telemetry_event.hpp>

#include <spry/core/json_fields.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/core/timestamp.hpp>

#include <memory_resource>
#include <utility>

namespace spry::emulator {

namespace {

// The records, as subscribers see them; an empty optional is left out.

struct tracing {
    std::string_view type;
    std::string_view value;
};
SPRY_JSON(tracing, type, value)

struct span {
    std::string_view name;
    std::string start;
    double duration;
};
SPRY_JSON(span, name, start, named(duration, "durationMs"))

struct init_start {
    std::string_view initialization_type;
    std::string_view phase;
    std::string_view function_name;
    std::string_view function_version;
    std::uint64_t memory_bytes;
};
SPRY_JSON(init_start, named(initialization_type, "initializationType"), phase,
          named(function_name, "functionName"), named(function_version, "functionVersion"),
          named(memory_bytes, "instanceMaxMemory"))

struct init_metrics {
    double duration;
};
SPRY_JSON(init_metrics, named(duration, "durationMs"))

struct init_end {
    std::string_view initialization_type;
    std::string_view phase;
    std::string_view status;
    std::optional<std::string_view> error_type;
    std::optional<init_metrics> metrics;
};
SPRY_JSON(init_end, named(initialization_type, "initializationType"), phase, status,
          named(error_type, "errorType"), metrics)

struct start {
    std::string_view request_id;
    std::string_view version;
    std::optional<emulator::tracing> tracing;
};
SPRY_JSON(start, named(request_id, "requestId"), version, tracing)

struct done_metrics {
    double duration;
    std::uint64_t bytes;
};
SPRY_JSON(done_metrics, named(duration, "durationMs"), named(bytes, "producedBytes"))

struct runtime_done {
    std::string_view request_id;
    std::string_view status;
    std::optional<std::string_view> error_type;
    std::optional<emulator::tracing> tracing;
    std::optional<std::vector<span>> spans;
    done_metrics metrics;
};
SPRY_JSON(runtime_done, named(request_id, "requestId"), status, named(error_type, "errorType"),
          tracing, spans, metrics)

struct report_metrics {
    double duration;
    std::int64_t billed_duration;
    std::uint64_t memory_size;
    std::optional<std::uint64_t> max_memory_used;
    std::optional<double> init_duration;
};
SPRY_JSON(report_metrics, named(duration, "durationMs"), named(billed_duration, "billedDurationMs"),
          named(memory_size, "memorySizeMB"), named(max_memory_used, "maxMemoryUsedMB"),
          named(init_duration, "initDurationMs"))

struct report {
    std::string_view request_id;
    std::string_view status;
    std::optional<std::string_view> error_type;
    std::optional<emulator::tracing> tracing;
    std::optional<std::vector<span>> spans;
    report_metrics metrics;
};
SPRY_JSON(report, named(request_id, "requestId"), status, named(error_type, "errorType"), tracing,
          spans, metrics)

struct extension_state {
    std::string_view name;
    std::string_view state;
    std::vector<std::string_view> events;
    std::optional<std::string_view> error_type;
};
SPRY_JSON(extension_state, name, state, events, named(error_type, "errorType"))

struct subscription {
    std::string_view name;
    std::string_view state;
    std::vector<std::string_view> types;
};
SPRY_JSON(subscription, name, state, types)

struct logs_dropped {
    std::string_view reason;
    std::size_t events;
    std::size_t bytes;
};
SPRY_JSON(logs_dropped, reason, named(events, "droppedRecords"), named(bytes, "droppedBytes"))

// To the microsecond, as the service has it.
double milliseconds(std::chrono::nanoseconds duration) noexcept {
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return static_cast<double>(whole) / 1000;
}

std::optional<std::string_view> if_any(std::string_view text) noexcept {
    return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<tracing> tracing_of(const telemetry_invocation& what) noexcept {
    if (what.trace_id.empty())
        return std::nullopt;
    return tracing{"X-Amzn-Trace-Id", what.trace_id};
}

std::optional<std::vector<span>> spans_of(const telemetry_invocation& what) {
    if (what.spans.empty())
        return std::nullopt;
    const auto wall = std::chrono::system_clock::now();
    const auto now = io::clock::now();
    std::vector<span> spans;
    for (const telemetry_span& each : what.spans) {
        const auto begun = std::chrono::time_point_cast<std::chrono::system_clock::duration>(
            wall - (now - each.begun));
        spans.push_back({each.name, std::string{timestamp{begun}.text()},
                         milliseconds(each.ended - each.begun)});
    }
    return spans;
}

std::string_view initialization_type(const function_program& of) noexcept {
    return of.managed_concurrency != 0 ? "lambda-managed-instances" : "on-demand";
}

std::string_view phase(bool in_invocation) noexcept {
    return in_invocation ? "invoke" : "init";
}

template <class Record>
std::string event(std::string_view type, const Record& record) {
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    to.key("time");
    to.string(timestamp{std::chrono::system_clock::now()}.text());
    to.key("type");
    to.string(type);
    to.key("record");
    json::write(to, record);
    to.end_object();
    return std::string{to.text()};
}

} // namespace

std::string init_start_event(const function_program& of, bool in_invocation) {
    return event("platform.initStart",
                 init_start{initialization_type(of), phase(in_invocation), of.name, of.version,
                            of.memory_size_mib * 1024 * 1024});
}

std::string init_runtime_done_event(const function_program& of, bool in_invocation,
                                    const initialisation_report& how) {
    return event("platform.initRuntimeDone",
                 init_end{initialization_type(of), phase(in_invocation), how.status,
                          if_any(how.error_type), std::nullopt});
}

std::string init_report_event(const function_program& of, bool in_invocation,
                              const initialisation_report& how) {
    return event("platform.initReport",
                 init_end{initialization_type(of), phase(in_invocation), how.status,
                          if_any(how.error_type), init_metrics{milliseconds(how.duration)}});
}

std::string start_event(const function_program& of, const telemetry_invocation& what) {
    return event("platform.start", start{what.request_id, of.version, tracing_of(what)});
}

std::string runtime_done_event(const telemetry_invocation& what, std::chrono::nanoseconds duration,
                               std::uint64_t bytes) {
    return event("platform.runtimeDone", runtime_done{what.request_id,
                                                      what.status,
                                                      if_any(what.error_type),
                                                      tracing_of(what),
                                                      spans_of(what),
                                                      {milliseconds(duration), bytes}});
}

std::string report_event(const telemetry_invocation& what, const invocation_report& how) {
    report_metrics metrics{};
    metrics.duration = milliseconds(how.duration);
    metrics.billed_duration = billed_milliseconds(how);
    metrics.memory_size = how.memory_size_mib;
    if (how.max_memory_used_kib)
        metrics.max_memory_used = max_memory_used_mib(how);
    if (how.init_duration)
        metrics.init_duration = milliseconds(*how.init_duration);
    return event("platform.report", report{what.request_id, what.status, if_any(what.error_type),
                                           tracing_of(what), spans_of(what), metrics});
}

std::string extension_event(std::string_view name, std::string_view state,
                            const extension_events& wants, std::string_view error_type) {
    extension_state record{name, state, {}, if_any(error_type)};
    if (wants.invoke)
        record.events.push_back("INVOKE");
    if (wants.shutdown)
        record.events.push_back("SHUTDOWN");
    return event("platform.extension", record);
}

std::string subscription_event(std::string_view name, std::string_view state,
                               const telemetry_subscription& what) {
    subscription record{name, state, {}};
    for (std::size_t i = 0; i != what.categories.size(); ++i) {
        if (what.categories[i])
            record.types.push_back(telemetry_category_names[i]);
    }
    return event("platform.telemetrySubscription", record);
}

std::string logs_dropped_event(std::size_t events, std::size_t bytes) {
    return event("platform.logsDropped",
                 logs_dropped{"the subscriber is slower than what it has subscribed to, or it has "
                              "refused some of it",
                              events, bytes});
}

std::string printed_event(telemetry_category by, std::string_view line, bool json_lines) {
    const std::string_view type = telemetry_category_names[static_cast<std::size_t>(by)];
    if (json_lines && line.starts_with('{') && !json::find_syntax_error(line))
        return event(type, json::raw{line});
    return event(type, line);
}

} // namespace spry::emulator
