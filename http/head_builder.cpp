// SPDX-License-Identifier: Apache-2.0
#include <spry/http/head_builder.hpp>

#include <spry/core/assert.hpp>
#include <spry/http/field_text.hpp>
#include <spry/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace spry::http {

namespace {

constexpr std::array<bool, 256> in_token = [] {
    std::array<bool, 256> allowed{};
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    for (std::size_t c = 0; c < 256; ++c) {
        allowed[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c < 0x80 && marks.find(static_cast<char>(c)) != std::string_view::npos);
    }
    return allowed;
}();

bool is_visible(char c) noexcept {
    return c > 0x20 && c != 0x7f;
}

} // namespace

bool is_token(std::string_view name) noexcept {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return in_token[static_cast<unsigned char>(c)];
    });
}

// Other control characters too: llhttp, hence whoever reads it, refuses them.
bool is_field_value(std::string_view value) noexcept {
    const char* const end = value.data() + value.size();
    const char* at = field_text_end(value.data(), end);
    while (at != end && *at == '\t')
        at = field_text_end(at + 1, end);
    return at == end;
}

void head_builder::grow(std::size_t size) {
    const std::size_t larger = std::max(2 * capacity_, size_ + size);
    auto taken = std::make_unique_for_overwrite<char[]>(larger);
    std::memcpy(taken.get(), memory_, size_);
    heap_ = std::move(taken);
    memory_ = heap_.get();
    capacity_ = larger;
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
