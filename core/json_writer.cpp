// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_writer.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/number_text.hpp>
#include <spry/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace spry::json {

namespace {

/// Enough for any 64-bit integer and for any float.
constexpr std::size_t number_bytes_max = 32;

constexpr bool is_plain(char byte) noexcept {
    return static_cast<unsigned char>(byte) - 0x20u < 0x60u && byte != '"' && byte != '\\';
}

/// Bytes at the front that are ASCII and need no escape: eight at a time, with the usual "has a
/// byte less than" arithmetic, whose false alarms only end the run early.
std::size_t plain_length(std::string_view text) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t highs = 0x8080808080808080u;
    const auto zero_byte_in = [](std::uint64_t eight) { return (eight - ones) & ~eight & highs; };
    std::size_t length = 0;
    while (text.size() - length >= 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data() + length, 8);
        const std::uint64_t special = (eight & highs) | ((eight - ones * 0x20) & highs) |
                                      zero_byte_in(eight ^ (ones * '"')) |
                                      zero_byte_in(eight ^ (ones * '\\'));
        if (special != 0)
            break;
        length += 8;
    }
    while (length < text.size() && is_plain(text[length]))
        ++length;
    return length;
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

writer::~writer() {
    if (data_ != nullptr)
        memory_.deallocate(data_, capacity_, 1);
}

std::string_view writer::release() noexcept {
    const std::string_view released = text();
    data_ = nullptr;
    size_ = 0;
    capacity_ = 0;
    return released;
}

void writer::key(std::string_view name) {
    separate('{');
    string(name);
    put(':');
}

void writer::string(std::string_view text) {
    // Room for the usual case at once: nothing to escape.
    room(text.size() + 2);
    put('"');
    while (!text.empty()) {
        const std::size_t plain = plain_length(text);
        verbatim(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty())
            break;
        const auto byte = static_cast<unsigned char>(text[0]);
        if (byte >= 0x80) {
            const utf8::sequence next = utf8::front(text);
            verbatim(next.valid ? text.substr(0, next.length) : utf8::replacement);
            text.remove_prefix(next.length);
            continue;
        }
        if (const char escape = short_escape(text[0])) {
            const char pair[] = {'\\', escape};
            verbatim({pair, sizeof pair});
        } else if (byte < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            verbatim("\\u00");
            put(digits[byte >> 4]);
            put(digits[byte & 15]);
        } else {
            put(text[0]);
        }
        text.remove_prefix(1);
    }
    put('"');
}

void writer::integer(std::int64_t number) {
    char* begin = room(number_bytes_max);
    size_ += static_cast<std::size_t>(std::to_chars(begin, begin + number_bytes_max, number).ptr -
                                      begin);
}

void writer::unsigned_integer(std::uint64_t number) {
    char* begin = room(number_bytes_max);
    size_ += static_cast<std::size_t>(std::to_chars(begin, begin + number_bytes_max, number).ptr -
                                      begin);
}

void writer::number(double number) {
    if (!std::isfinite(number))
        return null();
    verbatim(number_text{number}.text());
}

void writer::number(float number) {
    if (!std::isfinite(number))
        return null();
    char* begin = room(number_bytes_max);
    // The library's tables for float are small: 5 KB, and only where a float is written.
    size_ += static_cast<std::size_t>(std::to_chars(begin, begin + number_bytes_max, number).ptr -
                                      begin);
}

void writer::verbatim(std::string_view json) {
    if (json.empty())
        return;
    std::memcpy(room(json.size()), json.data(), json.size());
    size_ += json.size();
}

void writer::object(const void* object, const detail::write_field* fields, std::size_t count) {
    begin_object();
    for (const detail::write_field* field = fields; field != fields + count; ++field) {
        field->write(*this, field->key, object);
    }
    end_object();
}

void writer::put(char byte) {
    *room(1) = byte;
    ++size_;
}

void writer::separate(char opening) {
    SPRY_ASSERT(size_ > 0);
    if (data_[size_ - 1] != opening)
        put(',');
}

char* writer::room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) {
        const std::size_t capacity = std::max({size_ + bytes, 2 * capacity_, first_bytes_});
        char* grown = static_cast<char*>(memory_.allocate(capacity, 1));
        if (data_ != nullptr) {
            std::memcpy(grown, data_, size_);
            memory_.deallocate(data_, capacity_, 1);
        }
        data_ = grown;
        capacity_ = capacity;
    }
    return data_ + size_;
}

} // namespace spry::json
