// SPDX-License-Identifier: Apache-2.0
#include <spry/core/utf8.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/word.hpp>

#include <cstdint>

namespace spry::utf8 {

namespace {

/// What a lead byte promises: the length of its sequence (0: no lead byte) and the range of the
/// second byte, which is where overlong forms, surrogates and values beyond U+10FFFF show (Unicode,
/// table 3-7).
struct lead {
    std::uint8_t length;
    std::uint8_t second_min;
    std::uint8_t second_max;
};

constexpr lead classify(std::uint8_t byte) noexcept {
    if (byte < 0x80)
        return {1, 0, 0};
    if (byte < 0xC2)
        return {0, 0, 0};
    if (byte < 0xE0)
        return {2, 0x80, 0xBF};
    if (byte == 0xE0)
        return {3, 0xA0, 0xBF};
    if (byte == 0xED)
        return {3, 0x80, 0x9F};
    if (byte < 0xF0)
        return {3, 0x80, 0xBF};
    if (byte == 0xF0)
        return {4, 0x90, 0xBF};
    if (byte < 0xF4)
        return {4, 0x80, 0xBF};
    if (byte == 0xF4)
        return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

/// The number of ASCII bytes at the front, eight at a time.
std::size_t ascii_length(std::string_view text) noexcept {
    std::size_t length = 0;
    while (text.size() - length >= 8) {
        if ((load_word(text.data() + length) & word_highs) != 0)
            break;
        length += 8;
    }
    while (length < text.size() && static_cast<std::uint8_t>(text[length]) < 0x80)
        ++length;
    return length;
}

} // namespace

sequence front(std::string_view text) noexcept {
    SPRY_ASSERT(!text.empty());
    const lead first = classify(static_cast<std::uint8_t>(text[0]));
    if (first.length <= 1)
        return {1, first.length == 1};
    std::uint8_t low = first.second_min;
    std::uint8_t high = first.second_max;
    for (std::size_t at = 1; at < first.length; ++at) {
        if (at == text.size())
            return {at, false};
        const auto byte = static_cast<std::uint8_t>(text[at]);
        if (byte < low || byte > high)
            return {at, false};
        low = 0x80;
        high = 0xBF;
    }
    return {first.length, true};
}

std::size_t valid_length(std::string_view text) noexcept {
    std::size_t length = 0;
    while (true) {
        length += ascii_length(text.substr(length));
        if (length == text.size())
            return length;
        const sequence next = front(text.substr(length));
        if (!next.valid)
            return length;
        length += next.length;
    }
}

bool is_valid(std::string_view text) noexcept {
    return valid_length(text) == text.size();
}

std::string repaired(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t plain = ascii_length(text);
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty())
            break;
        const sequence next = front(text);
        out.append(next.valid ? text.substr(0, next.length) : replacement);
        text.remove_prefix(next.length);
    }
    return out;
}

std::string_view prefix(std::string_view text, std::size_t bytes_max) noexcept {
    if (text.size() <= bytes_max)
        return text;
    // A character that crosses the cut began at most three bytes before it.
    for (std::size_t back = 1; back <= 3 && back <= bytes_max; ++back) {
        const std::size_t start = bytes_max - back;
        const auto byte = static_cast<std::uint8_t>(text[start]);
        if ((byte & 0xC0) == 0x80)
            continue;
        const sequence last = front(text.substr(start));
        return text.substr(0, last.valid && last.length > back ? start : bytes_max);
    }
    return text.substr(0, bytes_max);
}

} // namespace spry::utf8
