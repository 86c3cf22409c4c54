// SPDX-License-Identifier: Apache-2.0
// memory_file: a descriptor to write to, and what was written.
#pragma once

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

#include <sys/mman.h>
#include <unistd.h>

namespace spry::testing {

class memory_file {
public:
    memory_file() : fd_(::memfd_create("spry-testing", MFD_CLOEXEC)) {
        if (fd_ < 0)
            throw std::system_error(errno, std::system_category());
    }
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file() { ::close(fd_); }

    int fd() const noexcept { return fd_; }

    std::string text() const {
        std::string all(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
        if (::pread(fd_, all.data(), all.size(), 0) != static_cast<ssize_t>(all.size()))
            throw std::system_error(errno, std::system_category());
        return all;
    }

private:
    int fd_;
};

} // namespace spry::testing
