// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/standard_output.hpp>

#include <cstdio>

namespace spry::detail {

// `stdout` is a macro; this names the symbol behind it. Weak: null in a static binary that does not
// use stdio, which then pays nothing for it at run time.
extern std::FILE* const standard_output_symbol __asm__("stdout") __attribute__((weak));

void flush_standard_output() noexcept {
    if (&standard_output_symbol != nullptr)
        std::fflush(standard_output_symbol);
}

} // namespace spry::detail
