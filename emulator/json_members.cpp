// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/json_members.hpp>

#include <spry/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace spry::emulator {

namespace {

constexpr std::string_view white_space = " \t\n\r";

// Of the string that `text` begins with, with its quotes: up to the next one that no backslash
// escapes, which an even number of them does not.
std::size_t string_size(std::string_view text) noexcept {
    std::size_t quote = 0;
    std::size_t backslashes = 0;
    do {
        quote = text.find('"', quote + 1);
        const std::size_t before = text.find_last_not_of('\\', quote - 1);
        backslashes = quote - 1 - before;
    } while (backslashes % 2 != 0);
    return quote + 1;
}

// Of the object or array that `text` begins with.
std::size_t container_size(std::string_view text) noexcept {
    std::size_t at = 0;
    std::size_t depth = 0;
    do {
        const char c = text[at];
        if (c == '{' || c == '[')
            ++depth;
        else if (c == '}' || c == ']')
            --depth;
        at += c == '"' ? string_size(text.substr(at)) : 1;
    } while (depth > 0 && at < text.size());
    return at;
}

std::size_t value_size(std::string_view text) noexcept {
    switch (text.front()) {
    case '"':
        return string_size(text);
    case '{':
    case '[':
        return container_size(text);
    default:
        return std::min(text.find_first_of(" \t\n\r,]}"), text.size());
    }
}

std::uint32_t hexadecimal(std::string_view digits) noexcept {
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

void append_utf8(std::string& to, std::uint32_t code) {
    const auto append = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
    if (code < 0x80) {
        append(code);
        return;
    }
    if (code < 0x800) {
        append(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            append(0xE0 | code >> 12);
        } else {
            append(0xF0 | code >> 18);
            append(0x80 | (code >> 12 & 0x3F));
        }
        append(0x80 | (code >> 6 & 0x3F));
    }
    append(0x80 | (code & 0x3F));
}

constexpr std::uint32_t high_surrogate = 0xD800;
constexpr std::uint32_t low_surrogate = 0xDC00;

// Whether it is one of the 1024 that begin with `first`.
bool is_surrogate(std::uint32_t unit, std::uint32_t first) noexcept {
    return (unit & ~std::uint32_t{0x3FF}) == first;
}

// Takes the \u and what belongs to it off the front of `rest`.
void append_unicode_escape(std::string& to, std::string_view& rest) {
    const std::uint32_t unit = hexadecimal(rest.substr(2, 4));
    rest.remove_prefix(6);
    if (is_surrogate(unit, high_surrogate) && rest.starts_with("\\u")) {
        const std::uint32_t second = hexadecimal(rest.substr(2, 4));
        if (is_surrogate(second, low_surrogate)) {
            rest.remove_prefix(6);
            append_utf8(to, 0x10000 + ((unit - high_surrogate) << 10) + (second - low_surrogate));
            return;
        }
    }
    if (is_surrogate(unit, high_surrogate) || is_surrogate(unit, low_surrogate))
        to += utf8::replacement;
    else
        append_utf8(to, unit);
}

// Takes an escape off the front of `rest`.
void append_escape(std::string& to, std::string_view& rest) {
    const char kind = rest[1];
    if (kind == 'u') {
        append_unicode_escape(to, rest);
        return;
    }
    constexpr std::string_view letters = "bfnrt";
    constexpr std::string_view meanings = "\b\f\n\r\t";
    const std::size_t which = letters.find(kind);
    to += which == letters.npos ? kind : meanings[which];
    rest.remove_prefix(2);
}

} // namespace

json_members::json_members(std::string_view text) noexcept
    : rest_(text.substr(1)), in_object_(text.front() == '{') {}

std::optional<json_member> json_members::next() noexcept {
    skip_space();
    if (rest_.empty() || rest_.front() == '}' || rest_.front() == ']')
        return std::nullopt;
    json_member member;
    if (in_object_) {
        member.key = take(string_size(rest_));
        skip_space();
        take(1); // the colon
        skip_space();
    }
    member.value = take(value_size(rest_));
    skip_space();
    if (rest_.starts_with(','))
        take(1);
    return member;
}

void json_members::skip_space() noexcept {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(white_space), rest_.size()));
}

std::string_view json_members::take(std::size_t size) noexcept {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}

std::optional<std::string_view> json_object_in(std::string_view text) noexcept {
    const std::size_t begin = text.find_first_not_of(white_space);
    if (begin == text.npos || text[begin] != '{')
        return std::nullopt;
    return text.substr(begin);
}

std::string json_text(std::string_view quoted) {
    std::string text;
    std::string_view rest = quoted.substr(1, quoted.size() - 2);
    text.reserve(rest.size());
    while (!rest.empty()) {
        const std::size_t plain = std::min(rest.find('\\'), rest.size());
        text += rest.substr(0, plain);
        rest.remove_prefix(plain);
        if (!rest.empty())
            append_escape(text, rest);
    }
    return text;
}

} // namespace spry::emulator
