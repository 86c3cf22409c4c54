// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share: settings from an input's first bytes, and cutting the rest in
// pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spry::fuzz {

/// Reads an input from its front. Beyond its end all bytes are 0.
class input {
public:
    input(const std::uint8_t* data, std::size_t size) noexcept
        : rest_(reinterpret_cast<const char*>(data), size) {}

    std::uint8_t byte() noexcept {
        if (rest_.empty())
            return 0;
        const auto first = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return first;
    }
    /// Up to and without the next byte `end`, which is dropped; or all there is.
    std::string_view text_until(char end) noexcept {
        const std::string_view text = rest_.substr(0, rest_.find(end));
        rest_.remove_prefix(std::min(text.size() + 1, rest_.size()));
        return text;
    }
    std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

/// One piece, and several: of one byte each, or of sizes that follow from the seed.
inline std::vector<std::string_view> whole(std::string_view text) {
    return {text};
}
inline std::vector<std::string_view> byte_by_byte(std::string_view text) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at != text.size(); ++at)
        pieces.push_back(text.substr(at, 1));
    return pieces;
}
inline std::vector<std::string_view> in_pieces(std::string_view text, std::uint8_t seed) {
    std::vector<std::string_view> pieces;
    std::uint32_t state = seed + 1U;
    while (!text.empty()) {
        state = state * 1'664'525 + 1'013'904'223; // a linear congruence: any sizes will do
        const std::size_t size = 1 + (state >> 16) % (seed % 64 + 1U);
        pieces.push_back(text.substr(0, size));
        text.remove_prefix(pieces.back().size());
    }
    return pieces;
}

} // namespace spry::fuzz
