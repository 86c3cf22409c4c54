// SPDX-License-Identifier: Apache-2.0
// logged: what is logged to an output of its own.
#pragma once

#include <spry/emulator/testing/detail/memory_file.hpp>
#include <spry/handler_api/log.hpp>

#include <string>

namespace spry::testing {

/// What `print`, which is given an output, writes to it.
template <class Print>
std::string logged(log_format format, Print print, bool framed = false) {
    const memory_file memory;
    print(log_output{.fd = memory.fd(), .format = format, .framed = framed});
    return memory.text();
}

} // namespace spry::testing
