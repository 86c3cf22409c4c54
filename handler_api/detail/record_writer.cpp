// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/record_writer.hpp>

#include <cerrno>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/uio.h>

namespace spry::detail {

namespace {

// Held while a record is written: between its pieces, and around short ones as well, which would
// else land between the pieces of a long one.
pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

void put_big_endian(char* at, std::uint64_t number, std::size_t bytes) noexcept {
    for (; bytes > 0; number >>= 8)
        at[--bytes] = static_cast<char>(number & 0xFF);
}

// Both parts, whatever it takes; false where the descriptor takes no more.
bool write_whole(int fd, std::string_view first, std::string_view second) noexcept {
    while (!first.empty() || !second.empty()) {
        // writev does not write through its pointers; the structure serves readv too.
        const iovec parts[] = {{const_cast<char*>(first.data()), first.size()},
                               {const_cast<char*>(second.data()), second.size()}};
        const ssize_t written = ::writev(fd, parts, second.empty() ? 1 : 2);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            // Somebody has made it non-blocking.
            pollfd room{fd, POLLOUT, 0};
            if (errno == EAGAIN && (::poll(&room, 1, -1) > 0 || errno == EINTR))
                continue;
            return false;
        }
        const auto bytes = static_cast<std::size_t>(written);
        const std::size_t of_first = bytes < first.size() ? bytes : first.size();
        first.remove_prefix(of_first);
        second.remove_prefix(bytes - of_first);
    }
    return true;
}

} // namespace

std::array<char, frame_header_size>
frame_header(log_level level, log_format format, std::size_t size,
             std::chrono::system_clock::time_point when) noexcept {
    constexpr std::uint64_t magic = 0xA55A0000;
    constexpr std::uint64_t has_timestamp = 2;
    const std::uint64_t is_text = format == log_format::text ? 1 : 0;
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
    std::array<char, frame_header_size> header;
    // Level 0 is "none".
    put_big_endian(header.data(),
                   magic + ((static_cast<std::uint64_t>(level) + 1) << 2) + has_timestamp + is_text,
                   4);
    put_big_endian(header.data() + 4, size, 4);
    put_big_endian(header.data() + 8, static_cast<std::uint64_t>(microseconds), 8);
    return header;
}

void record_writer::put_header(std::size_t size) noexcept {
    const auto header = frame_header(level_, to_.format, size, when_);
    std::string_view{header.data(), header.size()}.copy(buffer_.data(), header.size());
    is_measured_ = true;
}

void record_writer::overflow(std::string_view text) noexcept {
    if (!to_.framed || is_measured_)
        return write(text);
    used_ = buffer_.size(); // whatever follows only counts
}

bool record_writer::wants_repeat() noexcept {
    if (!to_.framed || is_measured_ || size_ + frame_header_size <= buffer_.size())
        return false;
    const std::size_t size = size_;
    start();
    put_header(size);
    return true;
}

void record_writer::finish() noexcept {
    if (to_.framed && !is_measured_)
        put_header(size_);
    write({});
    if (std::exchange(is_locked_, false))
        ::pthread_mutex_unlock(&writing);
}

void record_writer::write(std::string_view text) noexcept {
    if (!std::exchange(is_locked_, true))
        ::pthread_mutex_lock(&writing);
    if (!has_failed_)
        has_failed_ = !write_whole(to_.fd, {buffer_.data(), used_}, text);
    used_ = 0;
}

} // namespace spry::detail
