// SPDX-License-Identifier: Apache-2.0
#include <spry/io/standard_error.hpp>

#include <spry/core/assert.hpp>

#include <array>
#include <cstddef>

#include <sys/uio.h>
#include <unistd.h>

namespace spry::io {

void write_error_line(std::initializer_list<std::string_view> parts) noexcept {
    constexpr std::size_t parts_max = 16;
    SPRY_ASSERT(parts.size() <= parts_max);
    std::array<iovec, parts_max + 2> vectors;
    std::size_t used = 0;
    const auto add = [&](std::string_view text) {
        // writev does not write through its pointers; the structure serves readv too.
        vectors[used++] = {const_cast<char*>(text.data()), text.size()};
    };
    add("spry: ");
    for (const std::string_view part : parts)
        add(part);
    add("\n");
    // There is nobody to tell that standard error is closed.
    [[maybe_unused]] const ssize_t written =
        ::writev(STDERR_FILENO, vectors.data(), static_cast<int>(used));
}

} // namespace spry::io
