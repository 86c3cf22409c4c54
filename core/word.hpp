// SPDX-License-Identifier: Apache-2.0
// word: eight bytes of a text at a time, in plain C++.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace spry {

/// Eight bytes of a text; the first one is the lowest on the little-endian machines that Lambda
/// has.
using word = std::uint64_t;
static_assert(std::endian::native == std::endian::little);

inline constexpr word word_ones = 0x0101010101010101;
inline constexpr word word_highs = 0x8080808080808080;

/// From any address.
inline word load_word(const char* from) noexcept {
    word loaded;
    std::memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

/// The same byte eight times.
constexpr word word_of(char byte) noexcept {
    return word_ones * static_cast<unsigned char>(byte);
}

/// The high bit of each byte that is below `limit` (at most 0x80), or equal to `byte`. The lowest
/// bit that is set is right; one above it may be a false alarm.
constexpr word bytes_below(word in, char limit) noexcept {
    return (in - word_of(limit)) & ~in & word_highs;
}
constexpr word bytes_equal(word in, char byte) noexcept {
    return bytes_below(in ^ word_of(byte), 1);
}

/// Which byte the lowest bit of such a mask, which is not 0, belongs to.
constexpr std::size_t first_byte(word mask) noexcept {
    return static_cast<std::size_t>(std::countr_zero(mask)) / 8;
}

} // namespace spry
