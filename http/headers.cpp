// SPDX-License-Identifier: Apache-2.0
#include <spry/http/headers.hpp>

#include <spry/http/limits.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace spry::http {

namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

} // namespace

// Eight bytes at a time: peers write names as we do, so nearly always the words are equal, and a
// word that differs in more than the case bit decides at once. Only the rest is looked at byte by
// byte.
bool detail::equal_letters(const char* left, const char* right, std::size_t size) noexcept {
    constexpr std::uint64_t case_bits = 0x2020202020202020;
    const auto differs = [](const char* a, const char* b, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            if (lower(a[i]) != lower(b[i]))
                return true;
        }
        return false;
    };
    std::size_t at = 0;
    for (; size - at >= sizeof case_bits; at += sizeof case_bits) {
        std::uint64_t a;
        std::uint64_t b;
        std::memcpy(&a, left + at, sizeof a);
        std::memcpy(&b, right + at, sizeof b);
        if (a == b)
            continue;
        if (((a ^ b) & ~case_bits) != 0 || differs(left + at, right + at, sizeof a))
            return false;
    }
    return !differs(left + at, right + at, size - at);
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
    std::copy_n(entries(), size_, larger.get());
    heap_ = std::move(larger);
    capacity_ = header_count_max;
    return true;
}

} // namespace spry::http
