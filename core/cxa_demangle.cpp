// SPDX-License-Identifier: Apache-2.0
// The C++ runtime's entry to a demangler, served by ours. `std::terminate` calls it in every
// program that can throw, which with the library's own costs 140 KB.
//
// A library of its own (spry::cxa_demangle), for static libc++ programs: elsewhere the C++ runtime
// is a shared library, and nothing would be saved.
#include <spry/core/demangle.hpp>

// NOLINTNEXTLINE(bugprone-reserved-identifier): the ABI reserves it for this.
extern "C" char* __cxa_demangle(const char* mangled, char* buffer, std::size_t* length,
                                int* status) {
    return spry::demangle(mangled, buffer, length, status);
}
