// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/peak_memory.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace spry::emulator {

namespace {

// The kernel makes such a text in one piece, of about 1.5 KiB.
using kernel_text = std::array<char, 4096>;

std::string_view read_whole(int fd, kernel_text& into) noexcept {
    const ssize_t size = ::pread(fd, into.data(), into.size(), 0);
    return {into.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

io::unique_fd open_file(const std::string& path) noexcept {
    return io::unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
}

} // namespace

void peak_memory::watch(int pid) {
    status_ = open_file("/proc/" + std::to_string(pid) + "/status");
}

std::optional<std::uint64_t> peak_memory::kib() {
    kernel_text text;
    if (status_) {
        const std::optional<std::uint64_t> now =
            number_behind("VmHWM:", read_whole(status_.get(), text));
        if (now)
            last_ = now;
    }
    return last_;
}

std::optional<std::uint64_t> number_behind(std::string_view name, std::string_view text) noexcept {
    std::size_t at = text.starts_with(name) ? 0 : text.npos;
    for (std::size_t line = text.find('\n'); at == text.npos && line != text.npos;
         line = text.find('\n', line + 1)) {
        if (text.substr(line + 1).starts_with(name))
            at = line + 1;
    }
    if (at == text.npos)
        return std::nullopt;
    at = text.find_first_not_of(" \t", at + name.size());
    if (at == text.npos)
        return std::nullopt;
    std::uint64_t number = 0;
    const auto [behind, error] =
        std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (error != std::errc{})
        return std::nullopt;
    return number;
}

std::optional<std::uint64_t> oom_kill_count() {
    kernel_text text;
    const io::unique_fd group = open_file("/proc/self/cgroup");
    if (!group)
        return std::nullopt;
    std::string_view path = read_whole(group.get(), text);
    constexpr std::string_view unified = "0::";
    const std::size_t at = path.find(unified);
    if (at == path.npos)
        return std::nullopt;
    path.remove_prefix(at + unified.size());
    std::string file = "/sys/fs/cgroup";
    file += path.substr(0, path.find('\n'));
    file += "/memory.events";
    const io::unique_fd events = open_file(file);
    if (!events)
        return std::nullopt;
    return number_behind("oom_kill ", read_whole(events.get(), text));
}

} // namespace spry::emulator
