// SPDX-License-Identifier: Apache-2.0
// What the tests of released binaries share: paths from the environment, a child process, one
// socket. No line of spry is used: what is judged must not be the judge.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace release {

using clock = std::chrono::steady_clock;

/// Nothing that is waited for takes longer than this, or the test fails.
inline constexpr std::chrono::seconds patience{30};

/// A binary of the build folder that ctest names in SPRY_BUILD_DIR; by hand, set it yourself.
inline std::string built(std::string_view path) {
    const char* folder = std::getenv("SPRY_BUILD_DIR");
    if (folder == nullptr) {
        ADD_FAILURE() << "set SPRY_BUILD_DIR, for instance to build/release";
        return {};
    }
    return std::string(folder).append("/").append(path);
}

class descriptor {
public:
    explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() { reset(); }
    int get() const noexcept { return fd_; }
    void reset() noexcept {
        if (fd_ >= 0) {
            ::close(std::exchange(fd_, -1));
        }
    }

private:
    int fd_;
};

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// Reads until `done(text)` or the end; fails when neither comes in time.
template <class Done>
std::string read_until(int fd, clock::time_point deadline, Done done) {
    std::string text;
    std::array<char, 4096> part;
    while (!done(std::string_view(text))) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
        pollfd ready{fd, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
            ADD_FAILURE() << "nothing more came; so far: " << text;
            return text;
        }
        const ssize_t got = ::read(fd, part.data(), part.size());
        if (got <= 0) {
            return text;
        }
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

/// A program whose standard output and error can be read. Killed when the object dies.
class child {
public:
    /// `prepare` runs in the child before exec; what it returns other than 0 becomes the exit
    /// status.
    template <class Prepare>
    child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
          Prepare prepare) {
        std::array<int, 2> ends;
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            ADD_FAILURE() << "pipe: " << std::strerror(errno);
            return;
        }
        output_ = descriptor(ends[0]);
        const descriptor writing(ends[1]);
        const std::vector<char*> arguments = pointers(command);
        const std::vector<char*> variables = pointers(environment);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(writing.get(), 1);
            ::dup2(writing.get(), 2);
            const int refused = prepare();
            if (refused != 0) {
                ::_exit(refused);
            }
            ::execve(arguments[0], arguments.data(), variables.data());
            ::_exit(127);
        }
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    pid_t pid() const noexcept { return pid_; }
    int output() const noexcept { return output_.get(); }

    /// The program's exit status; -1 when a signal ended it or it does not end in time.
    int wait() {
        const auto deadline = clock::now() + patience;
        while (clock::now() < deadline) {
            int status = 0;
            if (::waitpid(pid_, &status, WNOHANG) == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return -1;
    }

private:
    static std::vector<char*> pointers(const std::vector<std::string>& strings) {
        std::vector<char*> result;
        for (const std::string& each : strings) {
            result.push_back(const_cast<char*>(each.c_str()));
        }
        result.push_back(nullptr);
        return result;
    }

    pid_t pid_ = -1;
    descriptor output_;
};

} // namespace release
