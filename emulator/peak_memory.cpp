// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/peak_memory.hpp>

#include <spry/io/unique_fd.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace spry::emulator {

std::optional<std::uint64_t> peak_memory_kib(int pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/status";
    const io::unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file)
        return std::nullopt;
    // The kernel makes the text in one piece, of about 1.5 KiB.
    std::array<char, 4096> text;
    const ssize_t size = ::read(file.get(), text.data(), text.size());
    if (size <= 0)
        return std::nullopt;
    return parse_peak_memory_kib({text.data(), static_cast<std::size_t>(size)});
}

std::optional<std::uint64_t> parse_peak_memory_kib(std::string_view status) noexcept {
    constexpr std::string_view name = "VmHWM:";
    std::size_t at = status.find(name);
    if (at == status.npos)
        return std::nullopt;
    at = status.find_first_not_of(" \t", at + name.size());
    if (at == status.npos)
        return std::nullopt;
    std::uint64_t kib = 0;
    const auto [behind, error] =
        std::from_chars(status.data() + at, status.data() + status.size(), kib);
    if (error != std::errc{})
        return std::nullopt;
    return kib;
}

} // namespace spry::emulator
