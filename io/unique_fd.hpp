// SPDX-License-Identifier: Apache-2.0
// unique_fd: a file descriptor with one owner.
#pragma once

#include <utility>

namespace spry::io {

/// Closes the descriptor when it dies. A descriptor on which an event loop has operated is closed
/// through `event_loop::close`, since the backend remembers it; sockets, listeners and pipes do
/// that.
class unique_fd {
public:
    unique_fd() noexcept = default;
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~unique_fd() { reset(); }

    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int fd = -1) noexcept;

private:
    int fd_ = -1;
};

} // namespace spry::io
