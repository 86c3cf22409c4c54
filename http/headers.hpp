// SPDX-License-Identifier: Apache-2.0
// Header fields: a name and a value, names compared without regard to case, and the table of a
// received message.
#pragma once

#include <spry/core/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace spry::http {

/// One header line. Views: they live as long as the bytes they were made from.
struct field {
    std::string_view name;
    std::string_view value;
};

namespace detail {
bool equal_letters(const char* left, const char* right, std::size_t size) noexcept;
}

/// ASCII letters only, as in RFC 9110 5.1; no locale.
inline bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() &&
           detail::equal_letters(left.data(), right.data(), left.size());
}

/// True if a name is one of those.
bool is_one_of(std::string_view name, std::span<const std::string_view> names) noexcept;

/// Without the spaces and tabs at both ends.
std::string_view trim_blanks(std::string_view text) noexcept;

/// True if the comma list in `value` has the element `token`, in any case, as in `Connection:
/// Keep-Alive, close`.
bool list_contains(std::string_view value, std::string_view token) noexcept;

/// Where the header lines of one message lie, as offsets from the message's first byte: the bytes
/// may move while the head is incomplete. The first `inline_count` lines need no allocation; at
/// most `header_count_max` are taken.
class header_table {
public:
    static constexpr std::size_t inline_count = 32;

    struct entry {
        std::uint32_t name_offset;
        std::uint32_t name_size;
        std::uint32_t value_offset;
        std::uint32_t value_size;
    };

    header_table() noexcept = default;
    header_table(const header_table&) = delete;
    header_table& operator=(const header_table&) = delete;

    std::size_t size() const noexcept { return size_; }
    entry& operator[](std::size_t index) noexcept { return entries_[index]; }
    const entry& operator[](std::size_t index) const noexcept { return entries_[index]; }
    std::span<const entry> first(std::size_t count) const noexcept { return {entries_, count}; }
    void clear() noexcept { size_ = 0; }

    /// Lines with the members of an entry, in place of what there is; at most `inline_count`.
    template <class Line>
    void assign(std::span<Line> lines) noexcept {
        SPRY_ASSERT(lines.size() <= inline_count);
        size_ = 0;
        for (const Line& line : lines)
            entries_[size_++] = {line.name_offset, line.name_size, line.value_offset,
                                 line.value_size};
    }

    /// A new last entry, or null where the table is full. Throws std::bad_alloc.
    entry* add() {
        if (size_ == capacity_ && !grow()) [[unlikely]]
            return nullptr;
        entry& added = entries_[size_++];
        added = entry{0, 0, 0, 0};
        return &added;
    }

private:
    bool grow();

    entry inline_[inline_count];
    entry* entries_ = inline_;
    std::size_t size_ = 0;
    std::size_t capacity_ = inline_count;
    std::unique_ptr<entry[]> heap_;
};

} // namespace spry::http
