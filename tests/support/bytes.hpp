// SPDX-License-Identifier: Apache-2.0
// Bytes as tests like to see them: text, and a pattern that shows what is lost or moved.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spry::tests {

inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span{text});
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// `size` bytes of a sequence whose period is no power of two, so that a lost or doubled block
/// shows.
inline std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i % 251);
    return bytes;
}

} // namespace spry::tests
