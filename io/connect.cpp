// SPDX-License-Identifier: Apache-2.0
// Connecting on the loop: what a function with one connection never does, hence apart from what it
// starts with.
#include <spry/io/socket.hpp>

#include <spry/core/task.hpp>
#include <spry/io/detail/errno_result.hpp>

#include <fcntl.h>
#include <sys/socket.h>

namespace spry::io {

task<result<socket>> socket::connect(event_loop& loop, address to, stop_token stop) {
    result<unique_fd> fd = make_stream(to, SOCK_NONBLOCK);
    if (!fd)
        co_return failure(fd.error());

    io_awaiter<void> connected{loop, opcode::connect, stop};
    connected.record().fd = fd->get();
    connected.record().address = to.data();
    connected.record().address_size = to.size();
    const result<> outcome = co_await std::move(connected);
    if (!outcome) {
        loop.close(*fd);
        co_return failure(outcome.error());
    }
    // Connected sockets are blocking; operations that must not block say so each time.
    if (::fcntl(fd->get(), F_SETFL, 0) != 0) {
        const unexpected_error refused = detail::errno_failure();
        loop.close(*fd);
        co_return refused;
    }
    co_return socket{loop, std::move(*fd)};
}

} // namespace spry::io
