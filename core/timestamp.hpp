// SPDX-License-Identifier: Apache-2.0
// Wall-clock times as text, without locale and without allocation.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace spry {

/// "2026-01-31T12:00:00.123Z": RFC 3339, UTC, milliseconds. A value that owns its characters.
class timestamp {
public:
    explicit timestamp(std::chrono::system_clock::time_point when) noexcept;

    std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

private:
    std::array<char, 24> text_;
};

} // namespace spry
