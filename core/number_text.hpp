// SPDX-License-Identifier: Apache-2.0
// Floating-point numbers as text, for JSON and for logs.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace spry {

/// Few digits that read back as the same double, nearly always the fewest (Grisu2). Whole numbers
/// have no point ("3"); NaN and the infinities are "nan", "inf" and "-inf", which JSON lacks. A
/// value that owns its characters.
class number_text {
public:
    explicit number_text(double number) noexcept;

    std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, 32> text_;
    std::size_t size_;
};

} // namespace spry
