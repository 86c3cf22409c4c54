// SPDX-License-Identifier: Apache-2.0
// The most memory a running process has had, for REPORT lines, and whether it had too much.
#pragma once

#include <spry/io/unique_fd.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace spry::emulator {

/// VmHWM of /proc/PID/status. The file stays open: opening it takes longer than reading it.
class peak_memory {
public:
    /// The process to look at.
    void watch(int pid);

    /// In KiB: what was read now, else last; none without /proc.
    std::optional<std::uint64_t> kib();

    /// A figure from elsewhere, for a process that is gone.
    void note(std::uint64_t kib) noexcept { last_ = kib; }

private:
    io::unique_fd status_;
    std::optional<std::uint64_t> last_;
};

/// The number behind "NAME" at the start of a line, where blanks stand between them.
std::optional<std::uint64_t> number_behind(std::string_view name, std::string_view text) noexcept;

/// How many processes of this one's control group the kernel has ended for lack of memory
/// (oom_kill of memory.events, cgroup v2); none where nobody counts them.
std::optional<std::uint64_t> oom_kill_count();

} // namespace spry::emulator
