// SPDX-License-Identifier: Apache-2.0
// function_log: what one environment's function writes and what the service says about it, as
// lines.
#pragma once

#include <spry/emulator/log_tail.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What stands around the service's own lines on a terminal: its escape sequences.
struct log_colours {
    std::string_view service; ///< before START, END, REPORT
    std::string_view failure; ///< before what went wrong
    std::string_view plain;   ///< behind either
};

/// Where a log goes.
struct log_target {
    int fd = 1;
    const log_colours* colours = nullptr; ///< none: plain text. Outlives the log.
};

enum class log_line : std::uint8_t { service, failure };

/// Writes whole lines to one descriptor, and keeps the tail of the invocation in hand. A line that
/// cannot be written (a full disk, a closed terminal) is lost: no invocation fails over its log.
class function_log {
public:
    explicit function_log(const log_target& to) noexcept : to_(to) {}

    /// One or more lines of the service's, without the last line feed; in one write.
    void line(std::string_view text, log_line kind = log_line::service);
    /// Any number of lines, each with its line feed.
    void lines(std::string_view text);

    /// A new invocation begins: the tail is empty.
    void begin() noexcept { tail_.clear(); }
    const log_tail& tail() const noexcept { return tail_; }

private:
    void write(std::string_view text) const noexcept;

    log_target to_;
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

/// "REPORT RequestId: ..." with tabs between its fields, as runtime contract 7.5 has it; Max Memory
/// Used is left out where it is not known.
std::string report_line(std::string_view request_id, const invocation_report& report);

/// "12.34": milliseconds with two decimals.
std::string milliseconds_text(std::chrono::nanoseconds duration);
/// "3.00": seconds with two decimals.
std::string seconds_text(std::chrono::nanoseconds duration);

} // namespace spry::emulator
