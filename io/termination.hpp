// SPDX-License-Identifier: Apache-2.0
// SIGTERM for a process that blocks in one receive: the function. Costs no descriptor and no
// operation.
#pragma once

namespace spry::io {

/// How a function learns that it shall end, although it sits in a blocking receive:
///
/// 1. `install` sets a handler without SA_RESTART. As PID 1 there must be one, since the kernel
/// ignores default actions there.
/// 2. The worker names the socket on which it idles (`idle_on`) before it asks for the next event
/// and withdraws it afterwards.
/// 3. The handler sets a flag and shuts that socket down for reading: a receive that is blocked, or
/// one that starts later,
///    returns end of stream. There is no instant at which the signal is lost.
/// 4. The worker sees the end of the stream, asks `requested`, and leaves its loop.
namespace termination {

void install() noexcept;
bool requested() noexcept;

/// The socket whose receive may be cut short, or -1. A request that has come already cuts it at
/// once.
void idle_on(int socket_fd) noexcept;

} // namespace termination

} // namespace spry::io
