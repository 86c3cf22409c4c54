// SPDX-License-Identifier: Apache-2.0
#include <spry/http/headers.hpp>

#include <spry/http/limits.hpp>

#include <algorithm>

namespace spry::http {

namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

} // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size())
        return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (lower(left[i]) != lower(right[i]))
            return false;
    }
    return true;
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

header_table::entry* header_table::add() {
    if (size_ == header_count_max)
        return nullptr;
    if (size_ == capacity_) {
        auto larger = std::make_unique_for_overwrite<entry[]>(header_count_max);
        std::copy_n(entries(), size_, larger.get());
        heap_ = std::move(larger);
        capacity_ = header_count_max;
    }
    entry& added = entries()[size_++];
    added = entry{0, 0, 0, 0};
    return &added;
}

} // namespace spry::http
