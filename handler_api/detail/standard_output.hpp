// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace spry::detail {

/// Hands to the kernel what the user's code has printed through stdio. musl buffers a pipe fully,
/// and what is still in the buffer when the environment is frozen appears with a later invocation
/// or never.
void flush_standard_output() noexcept;

} // namespace spry::detail
