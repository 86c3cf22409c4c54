// SPDX-License-Identifier: Apache-2.0
// The most memory a running process has had, for REPORT lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spry::emulator {

/// VmHWM of /proc/PID/status, in KiB; none without /proc, or for a process that is gone.
std::optional<std::uint64_t> peak_memory_kib(int pid);

/// The same of that file's text.
std::optional<std::uint64_t> parse_peak_memory_kib(std::string_view status) noexcept;

} // namespace spry::emulator
