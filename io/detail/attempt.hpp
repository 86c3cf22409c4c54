// SPDX-License-Identifier: Apache-2.0
// The one place that turns an operation into its system call.
#pragma once

#include <spry/io/operation.hpp>

namespace spry::io::detail {

enum class blocking : bool { no, yes };

/// Runs the operation's system call until it is complete, or until it would block (false), which
/// with `blocking::yes` only descriptors that are O_NONBLOCK can do. Sets `outcome` when complete.
bool attempt(operation& op, blocking mode) noexcept;

/// Takes the first `sent` bytes, which have left, off the parts.
void drop_sent(send_parts& parts, std::size_t sent) noexcept;

/// True for operations that wait for the descriptor to become writable; the others wait for it to
/// become readable.
constexpr bool waits_to_write(opcode code) noexcept {
    return code == opcode::send || code == opcode::write || code == opcode::connect;
}

} // namespace spry::io::detail
