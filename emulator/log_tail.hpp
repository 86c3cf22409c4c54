// SPDX-License-Identifier: Apache-2.0
// log_tail: the last bytes of what was logged during an invocation, for X-Amz-Log-Result.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What the service gives back of an invocation's log (runtime contract 7.1).
inline constexpr std::size_t log_tail_bytes = 4096;

/// A ring of `log_tail_bytes`; its memory is taken with the first byte.
class log_tail {
public:
    void append(std::string_view text);
    void clear() noexcept { size_ = 0; }

    /// The last bytes, oldest first.
    std::string text() const;

private:
    std::unique_ptr<char[]> ring_;
    std::size_t size_ = 0; // of all that was appended since the last clear
};

} // namespace spry::emulator
