// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/log_writer.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace spry::emulator {

namespace {

// Between two looks at a reader that is behind. A timer, and not a wait for the descriptor: that
// would have to be registered with epoll, where what others do with it would be reported to us.
constexpr std::chrono::milliseconds retry_pause{10};

std::string lost_line(std::size_t count) {
    return "spry: " + std::to_string(count) +
           (count == 1 ? " line of this log is lost" : " lines of this log are lost") +
           ", which nobody has read in time\n";
}

} // namespace

log_writer::log_writer(io::event_loop& loop, const log_target& to) noexcept
    : loop_(loop), to_(to), is_terminal_(::isatty(to.fd) == 1) {}

void log_writer::write(std::string_view lines) {
    std::string parted;
    if (is_terminal_ && lines.find('\r') != lines.npos) {
        parted = lines;
        std::ranges::replace(parted, '\r', '\n');
        lines = parted;
    }
    if (!backlog_.empty())
        write_backlog();
    if (backlog_.empty())
        lines.remove_prefix(write_some(lines));
    if (!lines.empty())
        keep(lines);
}

// How much needs no more care: written, or impossible to write.
std::size_t log_writer::write_some(std::string_view text) noexcept {
    std::size_t done = 0;
    while (done != text.size()) {
        pollfd room{to_.fd, POLLOUT, 0};
        if (::poll(&room, 1, 0) == 0)
            break;
        const std::size_t size = std::min<std::size_t>(text.size() - done, PIPE_BUF);
        const ssize_t count = ::write(to_.fd, text.data() + done, size);
        if (count > 0)
            done += static_cast<std::size_t>(count);
        else if (count < 0 && errno == EAGAIN) // somebody else has made it non-blocking
            break;
        else if (count < 0 && errno != EINTR)
            return text.size();
    }
    if (done != 0)
        progress_at_ = loop_.now();
    return done;
}

void log_writer::write_backlog() {
    backlog_.erase(0, write_some(backlog_));
    if (backlog_.empty() && lost_ != 0) {
        backlog_ = lost_line(std::exchange(lost_, 0));
        backlog_.erase(0, write_some(backlog_));
    }
    if (backlog_.empty())
        backlog_ = {}; // its memory too
}

// Once lines are lost, all are until half of the backlog is gone: so one line tells of many.
void log_writer::keep(std::string_view lines) {
    const bool is_full = lost_ != 0 ? backlog_.size() > log_backlog_bytes_max / 2
                                    : backlog_.size() + lines.size() > log_backlog_bytes_max;
    if (is_full) {
        lost_ += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
        return;
    }
    if (lost_ != 0)
        backlog_ += lost_line(std::exchange(lost_, 0));
    backlog_ += lines;
    if (!std::exchange(retries_, true))
        scope_.spawn(retry());
}

task<> log_writer::retry() {
    while (!backlog_.empty()) {
        const result<> slept = co_await loop_.sleep_for(retry_pause, finished_.token());
        if (!slept)
            break;
        write_backlog();
    }
    retries_ = false;
}

bool log_writer::is_behind() const noexcept {
    return backlog_.size() > log_behind_bytes && loop_.now() - progress_at_ < log_reader_patience;
}

task<> log_writer::finish(stop_token unless) {
    const io::time_point limit = loop_.now() + log_finish_grace;
    while (!backlog_.empty() && loop_.now() < limit) {
        const result<> slept = co_await loop_.sleep_for(retry_pause, unless);
        if (!slept)
            break;
        write_backlog();
    }
    finished_.request_stop();
    co_await scope_.join();
}

} // namespace spry::emulator
