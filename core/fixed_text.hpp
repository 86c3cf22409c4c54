// SPDX-License-Identifier: Apache-2.0
// fixed_text: a text put together where neither the heap nor stdio may be used.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spry {

/// An append-only text of at most `Size` bytes; what does not fit is cut.
template <std::size_t Size>
class fixed_text {
public:
    std::string_view view() const noexcept { return {bytes_.data(), used_}; }
    std::size_t room() const noexcept { return Size - used_; }

    void append(std::string_view text) noexcept {
        const std::size_t length = text.size() < room() ? text.size() : room();
        text.copy(bytes_.data() + used_, length);
        used_ += length;
    }
    void append_decimal(std::uintptr_t number) noexcept { append_number(number, 10); }
    /// "0x1f"
    void append_hex(std::uintptr_t number) noexcept {
        append("0x");
        append_number(number, 16);
    }

private:
    void append_number(std::uintptr_t number, unsigned base) noexcept {
        constexpr std::string_view all_digits = "0123456789abcdef";
        std::array<char, 20> digits;
        std::size_t first = digits.size();
        do {
            digits[--first] = all_digits[number % base];
            number /= base;
        } while (number != 0);
        append({digits.data() + first, digits.size() - first});
    }

    std::size_t used_ = 0;
    std::array<char, Size> bytes_{};
};

} // namespace spry
