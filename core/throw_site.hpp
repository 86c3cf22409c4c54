// SPDX-License-Identifier: Apache-2.0
// Where an exception was thrown: the stack that is gone by the time somebody catches it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <typeinfo>

namespace spry {

/// The most frames that are kept of one throw.
inline constexpr std::size_t throw_site_frames_max = 16;

/// Copies the stack at the throw of this exception, which is of that type, into `out`, innermost
/// first, and returns how many. An address is one within the call, in front of the one to which it
/// returns: a call that does not return may be the last of its function. None where the stack is
/// not known: several exceptions have been thrown since, the exception was made by
/// std::make_exception_ptr, or the program was not linked with spry::program, which puts itself in
/// front of the C++ runtime's __cxa_throw.
std::size_t throw_site(const std::exception_ptr& error, const std::type_info& type,
                       std::span<std::uintptr_t> out) noexcept;

namespace detail {
/// Keeps the stack from the frame in which execution would go on at `from` as that of `thrown`. No
/// allocation, no lock; costs about as much as the throw does.
void record_throw_site(const void* thrown, const std::type_info* type, const void* from) noexcept;
} // namespace detail

} // namespace spry
