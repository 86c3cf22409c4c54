// SPDX-License-Identifier: Apache-2.0
// Linked with --wrap=__cxa_throw, every throw of the program comes here first (Itanium C++ ABI,
// exception handling, 2.4.3).
#include <spry/core/throw_site.hpp>

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
[[noreturn]] void __real___cxa_throw(void* thrown, std::type_info* type, void (*destroy)(void*));

[[noreturn]] void __wrap___cxa_throw(void* thrown, std::type_info* type, void (*destroy)(void*)) {
    spry::detail::record_throw_site(thrown, type, __builtin_return_address(0));
    __real___cxa_throw(thrown, type, destroy);
}
// NOLINTEND(bugprone-reserved-identifier)

} // extern "C"
