// SPDX-License-Identifier: Apache-2.0
#include <spry/http/head_builder.hpp>

#include <spry/core/assert.hpp>
#include <spry/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace spry::http {

namespace {

constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

constexpr bool is_token_character(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           token_marks.find(c) != std::string_view::npos;
}

bool is_visible(char c) noexcept {
    return c > 0x20 && c != 0x7f;
}

} // namespace

bool is_token(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, is_token_character);
}

bool is_field_value(std::string_view value) noexcept {
    // Control characters too: llhttp, hence whoever reads it, refuses them.
    return std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

char* head_builder::make_room(std::size_t size) {
    if (!has_room_for(size)) {
        const std::size_t larger = std::max(2 * capacity_, size_ + size);
        auto memory = std::make_unique_for_overwrite<char[]>(larger);
        std::memcpy(memory.get(), data(), size_);
        heap_ = std::move(memory);
        capacity_ = larger;
    }
    char* to = (heap_ ? heap_.get() : inline_.data()) + size_;
    size_ += size;
    return to;
}

head_builder& head_builder::append(std::string_view text) {
    char* to = make_room(text.size());
    if (!text.empty())
        std::memcpy(to, text.data(), text.size());
    return *this;
}

head_builder& head_builder::append(std::span<const std::byte> bytes) {
    return append(std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

head_builder& head_builder::append_decimal(std::uint64_t value) {
    std::array<char, 20> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return append(std::string_view{digits.data(), end});
}

head_builder& head_builder::append_hex(std::uint64_t value) {
    std::array<char, 16> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return append(std::string_view{digits.data(), end});
}

head_builder& head_builder::request_line(std::string_view method, std::string_view target) {
    SPRY_ASSERT(is_token(method));
    SPRY_ASSERT(!target.empty() && std::ranges::all_of(target, is_visible));
    return append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
}

head_builder& head_builder::status_line(int status) {
    SPRY_ASSERT(status >= 100 && status <= 999);
    append("HTTP/1.1 ").append_decimal(static_cast<std::uint64_t>(status));
    return append(" ").append(reason_phrase(status)).append("\r\n");
}

bool head_builder::header(std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value))
        return false;
    known_header(name, value);
    return true;
}

head_builder& head_builder::known_header(std::string_view name, std::string_view value) {
    return append(name).append(": ").append(value).append("\r\n");
}

head_builder& head_builder::content_length(std::uint64_t size) {
    return append("Content-Length: ").append_decimal(size).append("\r\n");
}

} // namespace spry::http
