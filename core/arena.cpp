// SPDX-License-Identifier: Apache-2.0
#include <spry/core/arena.hpp>

#include <spry/core/assert.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <new>

namespace spry {

/// Stands at the front of its own memory; the bytes follow.
struct alignas(std::max_align_t) arena::block {
    block* next;
    std::size_t size; ///< this header included

    std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    std::byte* end() noexcept { return reinterpret_cast<std::byte*>(this) + size; }
};

arena::arena(std::size_t first_block_bytes, std::size_t kept_bytes_max) noexcept
    : next_block_bytes_(std::max(first_block_bytes, 2 * sizeof(block))),
      kept_bytes_max_(kept_bytes_max) {}

arena::~arena() {
    kept_bytes_max_ = 0;
    reset();
}

void arena::reset() noexcept {
    std::size_t kept = 0;
    block** link = &first_;
    while (block* candidate = *link) {
        if (candidate->size <= kept_bytes_max_ - kept) {
            kept += candidate->size;
            link = &candidate->next;
        } else {
            *link = candidate->next;
            ::operator delete(candidate, candidate->size);
        }
    }
    bytes_held_ = kept;
    enter(first_);
}

void* arena::do_allocate(std::size_t bytes, std::size_t alignment) {
    SPRY_ASSERT(std::has_single_bit(alignment));
    if (void* memory = take(bytes, alignment))
        return memory;
    // Blocks kept from an earlier invocation come before new ones.
    while (current_ != nullptr && current_->next != nullptr) {
        enter(current_->next);
        if (void* memory = take(bytes, alignment))
            return memory;
    }
    if (bytes > std::numeric_limits<std::size_t>::max() - alignment - sizeof(block))
        throw std::bad_alloc();
    add_block(bytes + alignment + sizeof(block));
    void* memory = take(bytes, alignment);
    SPRY_ASSERT(memory != nullptr);
    return memory;
}

void arena::do_deallocate(void*, std::size_t, std::size_t) {}

bool arena::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
    return this == &other;
}

void* arena::take(std::size_t bytes, std::size_t alignment) noexcept {
    if (next_ == nullptr)
        return nullptr;
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(next_) & (alignment - 1);
    const std::size_t gap = misaligned == 0 ? 0 : alignment - misaligned;
    const auto room = static_cast<std::size_t>(end_ - next_);
    if (gap > room || bytes > room - gap)
        return nullptr;
    std::byte* memory = next_ + gap;
    next_ = memory + bytes;
    return memory;
}

void arena::enter(block* entered) noexcept {
    current_ = entered;
    next_ = entered == nullptr ? nullptr : entered->begin();
    end_ = entered == nullptr ? nullptr : entered->end();
}

void arena::add_block(std::size_t bytes_wanted) {
    const std::size_t size = std::max(bytes_wanted, next_block_bytes_);
    block* added = ::new (::operator new(size)) block{nullptr, size};
    bytes_held_ += size;
    next_block_bytes_ =
        std::max(next_block_bytes_, std::min(2 * next_block_bytes_, block_bytes_max));
    (current_ == nullptr ? first_ : current_->next) = added;
    enter(added);
}

} // namespace spry
