// SPDX-License-Identifier: Apache-2.0
#include <spry/io/pipe.hpp>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace spry::io {

pipe_reader& pipe_reader::operator=(pipe_reader&& other) noexcept {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    return *this;
}

void pipe_reader::close() noexcept {
    loop_->close(fd_);
}

result<pipe_ends> make_pipe(event_loop& loop) noexcept {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0)
        return failure(std::error_code{errno, std::system_category()});
    unique_fd reader{fds[0]};
    unique_fd writer{fds[1]};
    // The flag belongs to one end of a pipe, not to both.
    if (::fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0)
        return failure(std::error_code{errno, std::system_category()});
    return pipe_ends{pipe_reader{loop, std::move(reader)}, std::move(writer)};
}

} // namespace spry::io
