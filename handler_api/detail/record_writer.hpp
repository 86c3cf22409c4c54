// SPDX-License-Identifier: Apache-2.0
// record_writer: one log record on its way to a descriptor, whole and undivided.
#pragma once

#include <spry/handler_api/log.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace spry::detail {

/// The size of a frame's header.
inline constexpr std::size_t frame_header_size = 16;

/// The header of a framed record: type word, size of the message, microseconds since the epoch,
/// big-endian (runtime-contract 4.3).
std::array<char, frame_header_size>
frame_header(log_level level, log_format format, std::size_t size,
             std::chrono::system_clock::time_point when) noexcept;

/// Gathers a record's text, and writes it in one system call where it fits. A longer one goes out
/// in pieces, during which no other record is written by this process.
///
/// A frame says its size first. So a framed record is appended once; when it turns out not to have
/// fit, nothing of it has been written, `wants_repeat` says so, and it is appended once more.
class record_writer {
public:
    record_writer(const log_output& to, log_level level,
                  std::chrono::system_clock::time_point when) noexcept
        : to_(to), level_(level), when_(when) {
        start();
    }
    record_writer(const record_writer&) = delete;
    record_writer& operator=(const record_writer&) = delete;

    void append(std::string_view text) noexcept {
        size_ += text.size();
        if (text.size() > buffer_.size() - used_)
            return overflow(text);
        text.copy(buffer_.data() + used_, text.size());
        used_ += text.size();
    }

    bool wants_repeat() noexcept;
    /// To be called last.
    void finish() noexcept;

private:
    void start() noexcept {
        used_ = to_.framed ? frame_header_size : 0;
        size_ = 0;
    }
    void put_header(std::size_t size) noexcept;
    void overflow(std::string_view text) noexcept;
    void write(std::string_view text) noexcept;

    const log_output& to_;
    log_level level_;
    std::chrono::system_clock::time_point when_;
    std::size_t size_ = 0; // of the text so far
    std::size_t used_ = 0;
    bool is_measured_ = false; // the header is in place
    bool is_locked_ = false;
    bool has_failed_ = false;
    std::array<char, 4096> buffer_; // PIPE_BUF: what a pipe takes undivided from several processes
};

} // namespace spry::detail
