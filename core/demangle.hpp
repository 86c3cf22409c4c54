// SPDX-License-Identifier: Apache-2.0
// Turns the compiler's names back into C++: the type of an exception for the error document, and
// what the runtime prints when a program ends by one.
//
// Small on purpose. The C++ library's own demangler knows the whole grammar and puts 140 KB into
// every binary that can throw; this one knows the names that types and ordinary functions have, and
// says so when it meets another (expressions in template arguments, vector types, thunks,
// concepts).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace spry {

/// The longest readable form, in bytes. Longer names, and deeper nesting than 48, are refused.
inline constexpr std::size_t demangled_size_max = 2048;

/// Writes the readable form of a name of the Itanium C++ ABI (5.1): `_Z` and an encoding, or a bare
/// type as `std::type_info::name()` gives it. Returns the part of `out` that was written, without a
/// terminating zero; empty when the name is not understood or does not fit. Allocates nothing, uses
/// 20 KiB of stack.
std::string_view demangle(std::string_view mangled, std::span<char> out) noexcept;

/// The same with the contract of `abi::__cxa_demangle` (Itanium C++ ABI 3.4): `buffer` is null or
/// from malloc and `*length` bytes long, and is reallocated when too small; the result is the
/// caller's to free. Status 0: done, -1: no memory, -2: not a name that is understood, -3: a bad
/// argument.
char* demangle(const char* mangled, char* buffer, std::size_t* length, int* status) noexcept;

} // namespace spry
