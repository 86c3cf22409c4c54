// SPDX-License-Identifier: Apache-2.0
// log_writer: lines to a descriptor whose reader may be slow, or may never read.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
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

/// What may wait for a reader; lines beyond are lost, and counted.
inline constexpr std::size_t log_backlog_bytes_max = 1024 * 1024;
/// With more than this, whoever makes the lines should wait too (`log_writer::is_behind`).
inline constexpr std::size_t log_behind_bytes = 64 * 1024;
/// A reader that has taken nothing for so long has stopped reading.
inline constexpr std::chrono::milliseconds log_reader_patience{100};
/// How long the backlog may take when the emulator ends.
inline constexpr std::chrono::milliseconds log_finish_grace{1000};

/// Writes whole lines and never waits for their reader. The descriptor is the process's standard
/// output, and others have it too: so it stays as it is, blocking, and gets only what cannot block,
/// PIPE_BUF bytes at most each time that poll(2) says there is room (pipe(7)). The rest is kept and
/// written once there is room again. Where lines were lost, one line says how many.
///
/// What cannot be written for another reason (a full disk, a closed terminal) is lost silently: no
/// invocation fails over its log.
class log_writer {
public:
    /// The descriptor outlives the writer.
    log_writer(io::event_loop& loop, const log_target& to) noexcept;
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;

    const log_colours* colours() const noexcept { return to_.colours; }

    /// One or more lines, each with its line feed. While the loop runs. The carriage returns that
    /// hold a record of several lines together, for the service, become line feeds on a terminal,
    /// which would write each over the one before.
    void write(std::string_view lines);

    /// A reader is there, and slower than the writers: to wait keeps lines from being lost. False
    /// for one that has stopped reading.
    bool is_behind() const noexcept;

    /// Gives the backlog `log_finish_grace`, or until stopped. Nothing is written behind it.
    task<> finish(stop_token unless);

private:
    std::size_t write_some(std::string_view text) noexcept;
    void write_backlog();
    void keep(std::string_view lines);
    task<> retry();

    io::event_loop& loop_;
    const log_target to_;
    const bool is_terminal_;
    std::string backlog_; // may begin within a line
    std::size_t lost_ = 0;
    io::time_point progress_at_{};
    bool retries_ = false;
    task_scope scope_;
    stop_source finished_;
};

} // namespace spry::emulator
