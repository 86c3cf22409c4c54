// SPDX-License-Identifier: Apache-2.0
// logged: what is logged to an output of its own.
#pragma once

#include <spry/handler_api/log.hpp>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace spry::testing {

/// What `print`, which is given an output, writes to it.
template <class Print>
std::string logged(log_format format, Print print, bool framed = false) {
    const int memory = ::memfd_create("logged", MFD_CLOEXEC);
    if (memory < 0)
        throw std::system_error(errno, std::system_category());
    print(log_output{.fd = memory, .format = format, .framed = framed});
    std::string text(static_cast<std::size_t>(::lseek(memory, 0, SEEK_END)), '\0');
    const ssize_t size = ::pread(memory, text.data(), text.size(), 0);
    ::close(memory);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
}

} // namespace spry::testing
