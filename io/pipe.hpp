// SPDX-License-Identifier: Apache-2.0
// pipe: the output of a child process, read on the loop.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/operation.hpp>
#include <spry/io/unique_fd.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace spry::io {

/// The reading end of a pipe, O_NONBLOCK. Closes when it dies; nothing may be pending then.
class pipe_reader {
public:
    pipe_reader(event_loop& loop, unique_fd fd) noexcept : loop_(&loop), fd_(std::move(fd)) {}
    pipe_reader(pipe_reader&&) noexcept = default;
    pipe_reader& operator=(pipe_reader&& other) noexcept;
    ~pipe_reader() { close(); }

    struct [[nodiscard]] read_awaiter : io_awaiter<std::size_t> {
        read_awaiter(pipe_reader& from, std::span<std::byte> into, stop_token stop) noexcept
            : io_awaiter(*from.loop_, opcode::read, stop) {
            record().fd = from.fd_.get();
            record().buffer = into;
        }
    };
    /// Suspends until there is something to read; yields 0 when the last writer has closed.
    read_awaiter read(std::span<std::byte> into, stop_token stop = {}) noexcept {
        return read_awaiter{*this, into, stop};
    }

    struct [[nodiscard]] readable_awaiter : io_awaiter<void> {
        readable_awaiter(pipe_reader& from, stop_token stop) noexcept
            : io_awaiter(*from.loop_, opcode::readable, stop) {
            record().fd = from.fd_.get();
        }
    };
    /// Suspends until `try_read` has something to say. It may run meanwhile; then a wait that has
    /// been started ends early, or with the next bytes.
    readable_awaiter readable(stop_token stop = {}) noexcept {
        return readable_awaiter{*this, stop};
    }
    /// What is there now, without suspending; 0 when the last writer has closed, and
    /// std::errc::operation_would_block where nothing is there.
    result<std::size_t> try_read(std::span<std::byte> into) noexcept;

    void close() noexcept;

private:
    event_loop* loop_;
    unique_fd fd_;
};

/// A pipe whose reading end belongs to the loop and whose writing end (blocking) goes to a child.
/// Both close on exec.
struct pipe_ends {
    pipe_reader reader;
    unique_fd writer;
};
result<pipe_ends> make_pipe(event_loop& loop) noexcept;

} // namespace spry::io
