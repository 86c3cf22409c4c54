// SPDX-License-Identifier: Apache-2.0
// head_builder: writes the head of a message we send, and its body behind it where that is small.
#pragma once

#include <spry/core/assert.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace spry::http {

/// Enough for nearly every head, and for a small body behind it.
inline constexpr std::size_t head_builder_bytes = 2048;

/// An append-only buffer of bytes to send. What the memory it is given has no room for is
/// allocated. The caller adds Content-Length or Transfer-Encoding. Names and values that could end
/// a line are refused, since they come from users: see `header`.
class head_builder {
public:
    /// Uses the caller's memory, which outlives the builder.
    explicit head_builder(std::span<char> memory) noexcept
        : memory_(memory.data()), capacity_(memory.size()) {}
    head_builder(const head_builder&) = delete;
    head_builder& operator=(const head_builder&) = delete;

    void clear() noexcept { size_ = 0; }
    bool empty() const noexcept { return size_ == 0; }

    /// "GET /path HTTP/1.1". The target must be free of spaces and control characters; asserts
    /// that.
    head_builder& request_line(std::string_view method, std::string_view target);
    /// "HTTP/1.1 200 OK", for any status from 100 to 999.
    head_builder& status_line(int status);
    /// One header line. False, and nothing is written, where the name is no token or the value has
    /// a CR, LF or NUL (RFC 9110 5.5): sent as it is, such a value would add header lines of its
    /// own.
    [[nodiscard]] bool header(std::string_view name, std::string_view value);
    /// A header line whose name and value are known to be good: our own text, numbers.
    head_builder& known_header(std::string_view name, std::string_view value);
    head_builder& content_length(std::uint64_t size);
    head_builder& end_head() { return append("\r\n"); }

    /// Raw bytes. Throws std::bad_alloc, as do all functions that write.
    head_builder& append(std::string_view text) {
        if (!has_room_for(text.size()))
            grow(text.size());
        char* to = memory_ + size_;
        size_ += text.size();
        if (!text.empty())
            std::memcpy(to, text.data(), text.size());
        return *this;
    }
    head_builder& append(std::span<const std::byte> bytes);
    head_builder& append_decimal(std::uint64_t value);
    head_builder& append_hex(std::uint64_t value);

    /// Goes back to an earlier size: what was written since is forgotten.
    void shorten(std::size_t size) noexcept {
        SPRY_ASSERT(size <= size_);
        size_ = size;
    }
    /// Writes over what stands at `offset`, byte for byte.
    void replace(std::size_t offset, std::string_view text) noexcept {
        SPRY_ASSERT(offset <= size_ && text.size() <= size_ - offset);
        if (!text.empty())
            std::memcpy(memory_ + offset, text.data(), text.size());
    }

    /// True if that many bytes more fit without an allocation.
    bool has_room_for(std::size_t size) const noexcept { return size <= capacity_ - size_; }

    std::span<const std::byte> bytes() const noexcept {
        return std::as_bytes(std::span{memory_, size_});
    }
    std::string_view text() const noexcept { return {memory_, size_}; }
    std::size_t size() const noexcept { return size_; }

private:
    void grow(std::size_t size);

    char* memory_; // the caller's, or `heap_`
    std::size_t capacity_;
    std::size_t size_ = 0;
    std::unique_ptr<char[]> heap_;
};

/// One with memory of its own.
class inline_head_builder final : public head_builder {
public:
    inline_head_builder() noexcept : head_builder(std::span{bytes_}) {}

private:
    std::array<char, head_builder_bytes> bytes_;
};

/// True for a header name: one or more token characters (RFC 9110 5.6.2).
bool is_token(std::string_view name) noexcept;
/// True for a header value that may be sent: no control character but the tab (RFC 9110 5.5).
bool is_field_value(std::string_view value) noexcept;

} // namespace spry::http
