// SPDX-License-Identifier: Apache-2.0
#include <spry/http/headers.hpp>

#include <spry/core/word.hpp>
#include <spry/http/limits.hpp>

#include <algorithm>
#include <utility>

namespace spry::http {

namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

bool differs(const char* left, const char* right, std::size_t size) noexcept {
    for (std::size_t i = 0; i < size; ++i) {
        if (lower(left[i]) != lower(right[i]))
            return true;
    }
    return false;
}

// Peers write names as we do, so nearly always the words are equal, and a word that differs in more
// than the case bit decides at once. Only the rest is looked at byte by byte.
bool word_differs(const char* left, const char* right) noexcept {
    constexpr word case_bits = 0x2020202020202020;
    const word difference = load_word(left) ^ load_word(right);
    if (difference == 0)
        return false;
    return (difference & ~case_bits) != 0 || differs(left, right, sizeof(word));
}

} // namespace

bool detail::equal_letters(const char* left, const char* right, std::size_t size) noexcept {
    if (size < sizeof(word))
        return !differs(left, right, size);
    const std::size_t last = size - sizeof(word);
    for (std::size_t at = 0; at < last; at += sizeof(word)) {
        if (word_differs(left + at, right + at))
            return false;
    }
    return !word_differs(left + last, right + last); // overlaps the word before
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) noexcept {
    return std::ranges::any_of(
        names, [name](std::string_view each) { return equal_ignoring_case(each, name); });
}

std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

bool list_contains(std::string_view value, std::string_view token) noexcept {
    for (;;) {
        const std::size_t comma = value.find(',');
        if (equal_ignoring_case(trim_blanks(value.substr(0, comma)), token))
            return true;
        if (comma == std::string_view::npos)
            return false;
        value.remove_prefix(comma + 1);
    }
}

bool header_table::grow() {
    if (capacity_ == header_count_max)
        return false;
    auto larger = std::make_unique_for_overwrite<entry[]>(header_count_max);
    std::copy_n(entries_, size_, larger.get());
    heap_ = std::move(larger);
    entries_ = heap_.get();
    capacity_ = header_count_max;
    return true;
}

} // namespace spry::http
