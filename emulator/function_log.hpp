// SPDX-License-Identifier: Apache-2.0
// function_log: what one environment's function writes and what the service says about it, as
// lines.
#pragma once

#include <spry/emulator/log_tail.hpp>
#include <spry/emulator/log_writer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

enum class log_line : std::uint8_t { service, failure };

/// Makes whole lines for a writer that others have too, and keeps the tail of the invocation in
/// hand.
class function_log {
public:
    /// The writer outlives this.
    explicit function_log(log_writer& to) noexcept : to_(to) {}

    /// One or more lines of the service's, without the last line feed; in one write.
    void line(std::string_view text, log_line kind = log_line::service);
    /// Any number of lines, each with its line feed.
    void lines(std::string_view text);

    /// A new invocation begins: the tail is empty.
    void begin() noexcept { tail_.clear(); }
    const log_tail& tail() const noexcept { return tail_; }

    /// As the writer's.
    bool is_behind() const noexcept { return to_.is_behind(); }

private:
    log_writer& to_;
    log_tail tail_;
};

/// The figures of a REPORT line.
struct invocation_report {
    std::chrono::nanoseconds duration{};
    std::optional<std::chrono::nanoseconds> init_duration; ///< an environment's first invocation
    std::uint64_t memory_size_mib = 0;                     ///< what the function may use
    std::optional<std::uint64_t> max_memory_used_kib;      ///< none where nothing measures it
    std::string_view status;                               ///< "timeout", "error", or empty
    std::string_view error_type;                           ///< "Runtime.ExitError", or empty
};

/// Whole milliseconds, rounded up.
std::int64_t billed_milliseconds(const invocation_report& of) noexcept;
/// MiB, rounded up; where it is known.
std::uint64_t max_memory_used_mib(const invocation_report& of) noexcept;

/// "REPORT RequestId: ..." with tabs between its fields, as runtime contract 7.5 has it; Max Memory
/// Used is left out where it is not known.
std::string report_line(std::string_view request_id, const invocation_report& report);

/// "12.34": milliseconds with two decimals.
std::string milliseconds_text(std::chrono::nanoseconds duration);
/// "3.00": seconds with two decimals.
std::string seconds_text(std::chrono::nanoseconds duration);

} // namespace spry::emulator
