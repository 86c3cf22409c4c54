// SPDX-License-Identifier: Apache-2.0
// captured_output: what the process writes to standard output, where functions log.
#pragma once

#include <spry/emulator/testing/detail/memory_file.hpp>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <unistd.h>

namespace spry::tests {

/// From its construction to `finish`, or its end, standard output goes into memory.
class captured_output {
public:
    captured_output() : before_(::dup(STDOUT_FILENO)) {
        std::fflush(stdout);
        if (before_ < 0 || ::dup2(memory_.fd(), STDOUT_FILENO) < 0)
            throw std::system_error(errno, std::system_category());
    }
    captured_output(const captured_output&) = delete;
    captured_output& operator=(const captured_output&) = delete;
    ~captured_output() {
        give_back();
        ::close(before_);
    }

    std::string finish() {
        give_back();
        return memory_.text();
    }

private:
    void give_back() noexcept {
        std::fflush(stdout);
        ::dup2(before_, STDOUT_FILENO);
    }

    testing::memory_file memory_;
    int before_;
};

} // namespace spry::tests
