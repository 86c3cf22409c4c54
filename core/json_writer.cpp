// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_writer.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/json_escape.hpp>
#include <spry/core/number_text.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace spry::json {

namespace {

/// Enough for any 64-bit integer and for any float.
constexpr std::size_t number_bytes_max = 32;

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
    escape_buffer escape;
    while (!text.empty())
        verbatim(escape_front(text, escape));
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
