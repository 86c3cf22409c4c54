// SPDX-License-Identifier: Apache-2.0
// byte_vector: many bytes looked at at once, without a branch for each.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace spry {

/// A plain vector of the compilers': arithmetic goes byte by byte and wraps, a comparison sets all
/// bits of each byte for which it holds.
using byte_vector = std::uint8_t __attribute__((vector_size(32)));

/// From any address.
inline byte_vector load_vector(const void* from) noexcept {
    byte_vector loaded;
    std::memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

/// What a comparison has found.
template <class Comparison>
byte_vector found_by(Comparison comparison) noexcept {
    return std::bit_cast<byte_vector>(comparison);
}

/// Whether `look` finds a byte among `size`, at least a vector's: it is called with the offset of
/// each vector, of which the last may overlap the one before, and sets bits where it finds.
template <class Look>
bool finds_any(std::size_t size, Look look) noexcept {
    const std::size_t last = size - sizeof(byte_vector);
    byte_vector found{};
    for (std::size_t at = 0;; at = std::min(at + sizeof(byte_vector), last)) {
        found |= look(at);
        if (at == last)
            break;
    }
    const auto words = std::bit_cast<std::array<std::uint64_t, sizeof(byte_vector) / 8>>(found);
    return std::ranges::any_of(words, [](std::uint64_t word) { return word != 0; });
}

} // namespace spry
