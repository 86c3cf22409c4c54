// SPDX-License-Identifier: Apache-2.0
// Where an exception was thrown: the stack that is gone by the time somebody catches it.
#pragma once

#include <cstddef>
#include <exception>
#include <span>

namespace spry {

/// The most frames that are kept of one throw.
inline constexpr std::size_t throw_site_frames_max = 16;

/// Copies the return addresses at the throw of this exception into `out`, innermost first, and
/// returns how many. None where it is not known: several exceptions have been thrown since, the
/// exception was made by std::make_exception_ptr, or the program was not linked with spry::program,
/// which puts itself in front of the C++ runtime's __cxa_throw.
std::size_t throw_site(const std::exception_ptr& error, std::span<void*> out) noexcept;

namespace detail {
/// Keeps the stack of the caller's caller as that of `thrown`. No allocation, no lock; costs about
/// as much as the throw does.
void record_throw_site(const void* thrown) noexcept;
} // namespace detail

} // namespace spry
