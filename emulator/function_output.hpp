// SPDX-License-Identifier: Apache-2.0
// function_output: what the function's processes print, turned into whole lines of its log.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/pipe.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Is given what was printed, besides the log.
class output_watcher {
public:
    /// Whole lines, each with its line feed.
    virtual void printed(std::string_view lines) = 0;

protected:
    ~output_watcher() = default;
};

/// A line longer than this is cut in two.
inline constexpr std::size_t output_line_bytes_max = 64 * 1024;
/// What is taken from the pipe in one go, so that a function that never stops printing does not
/// stop everything else. More than a pipe holds.
inline constexpr std::size_t output_drain_bytes_max = 1024 * 1024;

/// How long a function that prints is held up at a time by a log reader that is slower.
inline constexpr std::chrono::milliseconds output_pause{10};

/// Reads one pipe, which stdout and stderr share: so the order of their lines is the order of the
/// writes.
class function_output {
public:
    /// Log and watcher outlive this. No watcher: null.
    function_output(io::event_loop& loop, io::pipe_reader pipe, function_log& log,
                    output_watcher* watcher) noexcept;

    /// Reads until every writer has closed, or until stopped. While the log is behind, the pipe
    /// fills, and the function waits as it would for that reader itself.
    task<> run(stop_token stop);

    /// Takes what is in the pipe at this moment and ends a line that is not ended: before END, all
    /// that the function has printed for its invocation is in the log.
    void drain();

private:
    void read_available();
    void pass_on(std::string_view lines);

    io::event_loop& loop_;
    io::pipe_reader pipe_;
    function_log& log_;
    output_watcher* const watcher_;
    std::string unfinished_; // a line whose end has not come
    bool ended_ = false;
};

} // namespace spry::emulator
