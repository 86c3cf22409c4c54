// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/orphans.hpp>

#include <spry/io/unique_fd.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spry::emulator {

namespace {

// Generations of orphans: a process that forks faster than it is killed is not followed for ever.
constexpr int generations_max = 1000;

} // namespace

std::vector<int> list_children() {
    const std::string self = std::to_string(::getpid());
    const std::string path = "/proc/self/task/" + self + "/children";
    const io::unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::vector<int> children;
    std::string text;
    std::array<char, 4096> part;
    while (file) {
        const ssize_t count = ::read(file.get(), part.data(), part.size());
        if (count <= 0)
            break;
        text.append(part.data(), static_cast<std::size_t>(count));
    }
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        int pid = 0;
        const auto [behind, error] = std::from_chars(at, end, pid);
        if (error == std::errc{})
            children.push_back(pid);
        at = error == std::errc{} ? behind : at + 1; // blanks between them
    }
    return children;
}

void end_orphans(const std::vector<int>& except) {
    for (int generation = 0; generation != generations_max; ++generation) {
        bool any = false;
        for (const int pid : list_children()) {
            if (std::find(except.begin(), except.end(), pid) != except.end())
                continue;
            any = true;
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
        if (!any)
            return;
    }
}

} // namespace spry::emulator
