// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_escape.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/utf8.hpp>
#include <spry/core/word.hpp>

#include <cstdint>

namespace spry::json {

namespace {

constexpr bool is_plain(char byte) noexcept {
    return static_cast<unsigned char>(byte) - 0x20u < 0x60u && byte != '"' && byte != '\\';
}

/// `char` of an escape of two characters, else '\0'.
constexpr char short_escape(char byte) noexcept {
    switch (byte) {
    case '"':
    case '\\':
        return byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

} // namespace

std::size_t plain_length(std::string_view text) noexcept {
    // With the usual "has a byte less than" arithmetic, whose false alarms only end the run early.
    std::size_t length = 0;
    while (text.size() - length >= 8) {
        const word eight = load_word(text.data() + length);
        const word special = (eight & word_highs) | bytes_below(eight, ' ') |
                             bytes_equal(eight, '"') | bytes_equal(eight, '\\');
        if (special != 0)
            break;
        length += 8;
    }
    while (length < text.size() && is_plain(text[length]))
        ++length;
    return length;
}

std::string_view escape_front(std::string_view& text, escape_buffer& buffer) noexcept {
    SPRY_ASSERT(!text.empty());
    std::string_view piece = text.substr(0, plain_length(text));
    if (!piece.empty()) {
        text.remove_prefix(piece.size());
        return piece;
    }
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte >= 0x80) {
        const utf8::sequence next = utf8::front(text);
        piece = next.valid ? text.substr(0, next.length) : utf8::replacement;
        text.remove_prefix(next.length);
        return piece;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const char escape = short_escape(text[0]);
    text.remove_prefix(1);
    if (escape != '\0') {
        buffer[0] = '\\';
        buffer[1] = escape;
        return {buffer.data(), 2};
    }
    buffer = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    return {buffer.data(), buffer.size()};
}

} // namespace spry::json
