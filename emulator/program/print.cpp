// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/print.hpp>

#include <cstddef>

#include <unistd.h>

namespace spry::emulator {

void print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace spry::emulator
