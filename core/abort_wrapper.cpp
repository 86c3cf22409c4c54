// SPDX-License-Identifier: Apache-2.0
// Linked with --wrap=abort, every call of abort in the program comes here first. Those within a
// shared library do not.
#include <spry/core/abort_hook.hpp>

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
[[noreturn]] void __real_abort();

[[noreturn]] void __wrap_abort() {
    if (const spry::abort_hook hook = spry::current_abort_hook())
        hook(__builtin_return_address(0));
    __real_abort();
}
// NOLINTEND(bugprone-reserved-identifier)

} // extern "C"
