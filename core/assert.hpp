// SPDX-License-Identifier: Apache-2.0
// SPRY_ASSERT: a programmer's error ends the process, in every build, with the condition and its
// place.
#pragma once

namespace spry::detail {

/// Writes one line to standard error and aborts. Uses no stdio, so that a binary without stdio
/// stays without it. Plain pointers: each of some hundred places passes what is given here.
[[noreturn]] void assertion_failed(const char* condition, const char* file, unsigned line) noexcept;

} // namespace spry::detail

/// Checks an invariant. For what a caller did wrong, never for what the world did: bad input, a
/// closed connection and a full disk are values (`result`), not assertions. The file is named
/// without its folder: a binary says nothing about the machine it was built on.
#define SPRY_ASSERT(condition)                                                                     \
    (static_cast<bool>(condition)                                                                  \
         ? static_cast<void>(0)                                                                    \
         : ::spry::detail::assertion_failed(#condition, __FILE_NAME__, __LINE__))
