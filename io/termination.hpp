// SPDX-License-Identifier: Apache-2.0
// SIGTERM for a process whose workers wait in receives: the function. Costs no descriptor and no
// operation.
#pragma once

namespace spry::io {

/// How a function learns that it shall end, although it sits in a blocking receive:
///
/// 1. `install` sets a handler without SA_RESTART. As PID 1 there must be one, since the kernel
/// ignores default actions there.
/// 2. Each worker names the socket on which it idles (`idle_on`) before it asks for the next event
/// and withdraws it afterwards (`leave_idle`).
/// 3. The handler sets a flag and shuts those sockets down for reading: a receive that is blocked,
/// or one that starts later,
///    returns end of stream. There is no instant at which the signal is lost.
/// 4. The worker sees the end of the stream, asks `requested`, and leaves its loop.
///
/// The handler may run on any thread. A worker that withdraws while its socket is being cut waits
/// for the end of that, so that nobody shuts down a descriptor which has become another's.
namespace termination {

void install() noexcept;
bool requested() noexcept;

/// Workers that a process may have.
inline constexpr unsigned workers_max = 4096;

/// Makes places for workers 0 to `workers` - 1, `workers_max` at most, before they start; a place
/// for the first is always there. The places stay as long as the process: a handler may be looking.
/// False where there is no memory.
bool make_places(unsigned workers) noexcept;

/// The worker's socket, whose receive may be cut short. A request that has come already cuts it at
/// once.
void idle_on(int socket_fd, unsigned worker = 0) noexcept;
/// The worker does not idle any more. True where its socket has been cut: what has been received
/// is whole, and nothing more will be.
bool leave_idle(unsigned worker = 0) noexcept;

} // namespace termination

} // namespace spry::io
