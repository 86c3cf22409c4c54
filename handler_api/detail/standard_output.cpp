// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/standard_output.hpp>

#include <cstdio>

namespace spry::detail {

// `stdout` is a macro; this names the symbol behind it. Weak: null in a static binary that does not
// use stdio, which then pays nothing for it at run time.
extern std::FILE* const standard_output_symbol __asm__("stdout") __attribute__((weak));

// GNU's std::cout has a buffer of its own once the program has called sync_with_stdio(false); of
// libc++'s all goes through stdio. An object without a table of virtual functions has not been
// constructed: nobody uses it.
extern void* const gnu_cout __asm__("_ZSt4cout") __attribute__((weak));
extern void* const gnu_clog __asm__("_ZSt4clog") __attribute__((weak));
void flush_gnu_stream(void* const* stream) __asm__("_ZNSo5flushEv") __attribute__((weak));

namespace {

void flush_if_in_use(void* const* stream) noexcept {
    if (stream == nullptr || *stream == nullptr)
        return;
    try {
        flush_gnu_stream(stream);
    } catch (...) {
        return; // the stream was told to throw; the next who prints hears of it too
    }
}

} // namespace

void flush_standard_output() noexcept {
    flush_if_in_use(&gnu_cout);
    flush_if_in_use(&gnu_clog);
    if (&standard_output_symbol != nullptr)
        std::fflush(standard_output_symbol);
}

} // namespace spry::detail
