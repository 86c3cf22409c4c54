// SPDX-License-Identifier: Apache-2.0
// captured_output: what the process writes to standard output, where functions log.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace spry::tests {

/// From its construction to `finish`, or its end, standard output goes into memory.
class captured_output {
public:
    captured_output()
        : memory_(::memfd_create("captured", MFD_CLOEXEC)), before_(::dup(STDOUT_FILENO)) {
        std::fflush(stdout);
        if (memory_ < 0 || before_ < 0 || ::dup2(memory_, STDOUT_FILENO) < 0)
            throw std::system_error(errno, std::system_category());
    }
    captured_output(const captured_output&) = delete;
    captured_output& operator=(const captured_output&) = delete;
    ~captured_output() {
        give_back();
        ::close(memory_);
        ::close(before_);
    }

    std::string finish() {
        give_back();
        std::string text(static_cast<std::size_t>(::lseek(memory_, 0, SEEK_END)), '\0');
        if (::pread(memory_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
            throw std::system_error(errno, std::system_category());
        return text;
    }

private:
    void give_back() noexcept {
        std::fflush(stdout);
        ::dup2(before_, STDOUT_FILENO);
    }

    int memory_;
    int before_;
};

} // namespace spry::tests
