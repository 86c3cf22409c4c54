// SPDX-License-Identifier: Apache-2.0
// What the JSON tests share: text with padding behind it, and memory resources that count or
// refuse.
#pragma once

#include <spry/core/json.hpp>

#include <cstddef>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <string_view>

namespace json_test {

/// A text with the padding a reader needs, filled with bytes that would be read as JSON by a reader
/// that goes too far.
class padded {
public:
    explicit padded(std::string_view text) : bytes_(text), size_(text.size()) {
        bytes_.append(spry::json::padding, '}');
    }
    std::string_view text() const { return {bytes_.data(), size_}; }
    const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
    std::size_t size_;
};

/// Counts what passes through to the heap.
class counting_resource : public std::pmr::memory_resource {
public:
    std::size_t allocations = 0;

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        ++allocations;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
};

/// Makes a resource the default for a scope.
class default_resource_scope {
public:
    explicit default_resource_scope(std::pmr::memory_resource& resource)
        : before_(std::pmr::set_default_resource(&resource)) {}
    ~default_resource_scope() { std::pmr::set_default_resource(before_); }
    default_resource_scope(const default_resource_scope&) = delete;
    default_resource_scope& operator=(const default_resource_scope&) = delete;

private:
    std::pmr::memory_resource* before_;
};

/// A reader, its arena and a text that lives as long as both.
template <class T>
class reading {
public:
    explicit reading(std::string_view text)
        : text_(text), value_(reader_.read<T>(text_.text(), arena_)) {}

    bool has_value() const { return value_.has_value(); }
    const T& value() const { return *value_; }
    std::error_code error() const {
        return value_.has_value() ? std::error_code() : value_.error();
    }
    std::string problem() const { return std::string(reader_.problem().text()); }

private:
    padded text_;
    std::pmr::monotonic_buffer_resource arena_;
    spry::json::reader reader_;
    spry::result<T> value_;
};

/// The value, for types that own what they hold; or the problem, as an exception's text.
template <class T>
T read(std::string_view text) {
    reading<T> done(text);
    if (!done.has_value())
        throw std::runtime_error(done.problem());
    return done.value();
}

/// The problem's line; "" where there was none.
template <class T>
std::string problem(std::string_view text) {
    return reading<T>(text).problem();
}

} // namespace json_test
