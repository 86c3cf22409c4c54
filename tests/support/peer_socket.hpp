// SPDX-License-Identifier: Apache-2.0
// What a peer in this very process has received: how a test cuts a stream at a chosen place without
// sleeping.
#pragma once

#include <cstdint>

namespace spry::testing {

/// Waits until the other end of a TCP connection, a socket of this process, has received
/// `bytes_sent` bytes since the connection was made and nothing of them is left in the kernel that
/// would wake a receive. True also where that end has been closed; false where it takes longer than
/// `patience_ms`.
bool wait_until_received(int fd, std::uint64_t bytes_sent, int patience_ms);

} // namespace spry::testing
