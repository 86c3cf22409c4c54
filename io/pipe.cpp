// SPDX-License-Identifier: Apache-2.0
#include <spry/io/pipe.hpp>

#include <spry/io/detail/errno_result.hpp>

#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace spry::io {

pipe_reader& pipe_reader::operator=(pipe_reader&& other) noexcept {
    close();
    loop_ = other.loop_;
    fd_ = std::move(other.fd_);
    return *this;
}

result<std::size_t> pipe_reader::try_read(std::span<std::byte> into) noexcept {
    while (true) {
        const ssize_t count = ::read(fd_.get(), into.data(), into.size());
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (errno == EAGAIN)
            return failure(std::errc::operation_would_block);
        if (errno != EINTR)
            return detail::errno_failure();
    }
}

void pipe_reader::close() noexcept {
    loop_->close(fd_);
}

result<pipe_ends> make_pipe(event_loop& loop) noexcept {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0)
        return detail::errno_failure();
    unique_fd reader{fds[0]};
    unique_fd writer{fds[1]};
    // The flag belongs to one end of a pipe, not to both.
    if (::fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0)
        return detail::errno_failure();
    return pipe_ends{pipe_reader{loop, std::move(reader)}, std::move(writer)};
}

} // namespace spry::io
