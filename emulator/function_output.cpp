// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/function_output.hpp>

#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace spry::emulator {

function_output::function_output(io::event_loop& loop, io::pipe_reader pipe, function_log& log,
                                 output_watcher* watcher) noexcept
    : loop_(loop), pipe_(std::move(pipe)), log_(log), watcher_(watcher) {}

task<> function_output::run(stop_token stop) {
    while (!ended_) {
        const result<> readable = co_await pipe_.readable(stop);
        if (!readable)
            co_return;
        while (log_.is_behind()) {
            const result<> slept = co_await loop_.sleep_for(output_pause, stop);
            if (!slept)
                co_return;
        }
        read_available();
    }
}

void function_output::drain() {
    read_available();
    if (unfinished_.empty())
        return;
    unfinished_ += '\n';
    pass_on(unfinished_);
    unfinished_.clear();
}

void function_output::pass_on(std::string_view lines) {
    log_.lines(lines);
    if (watcher_ != nullptr)
        watcher_->printed(lines);
}

void function_output::read_available() {
    std::array<std::byte, 16 * 1024> bytes;
    std::size_t taken = 0;
    while (!ended_ && taken < output_drain_bytes_max) {
        const result<std::size_t> count = pipe_.try_read(bytes);
        if (!count)
            break;
        ended_ = *count == 0;
        taken += *count;
        unfinished_.append(reinterpret_cast<const char*>(bytes.data()), *count);
        const std::size_t lines_end = unfinished_.rfind('\n') + 1; // npos + 1 is 0
        if (lines_end > 0) {
            pass_on(std::string_view{unfinished_}.substr(0, lines_end));
            unfinished_.erase(0, lines_end);
        }
        if (unfinished_.size() >= output_line_bytes_max) {
            unfinished_ += '\n';
            pass_on(unfinished_);
            unfinished_.clear();
        }
    }
}

} // namespace spry::emulator
