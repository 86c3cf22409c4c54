// SPDX-License-Identifier: Apache-2.0
// A fixed 64 KiB heap: the memory that `operator new` hands out before it has to start a real
// allocator.
//
// Starting an allocator costs 40 us or more and a fresh page 3 us, which is more than a small
// function needs for everything else. So the pool is all zeros until used (.bss, no constructor),
// keeps its whole state in 160 bytes, and touches its pages in order: free blocks first, untouched
// memory only when none fits.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace spry::detail {

/// Blocks are multiples of 16 bytes, an 8-byte header included; payloads are 16-byte aligned. Free
/// blocks merge with their neighbours at once, so a mix of sizes over time cannot wear the pool
/// out: when everything has been released the pool is as new. What remains is the ordinary limit of
/// memory that cannot move: a block that lives on between two free ones keeps them apart, and a
/// request fails when no single gap is large enough.
///
/// One thread, the owner, allocates and releases; any other may only `release_elsewhere`. Not
/// copyable, not movable: blocks lie inside.
class block_pool {
public:
    static constexpr std::size_t capacity = std::size_t{64} * 1024; ///< bytes, headers included

    constexpr block_pool() noexcept = default;
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;

    /// Owner only. `alignment` is a power of two. Null when no gap is large enough; never throws.
    void* allocate(std::size_t size, std::size_t alignment = 16) noexcept;

    /// Owner only. `pointer` came from `allocate` and is released once: a second release, or a
    /// header that has been written over, is an assertion.
    void release(void* pointer) noexcept;

    /// Any thread but the owner: puts the block on a list, which the owner empties when it finds no
    /// block of the size it wants. The owner sees everything this thread wrote before.
    void release_elsewhere(void* pointer) noexcept;

    /// Whether the address lies in the pool; any thread, any pointer.
    bool contains(const void* pointer) const noexcept {
        return reinterpret_cast<std::uintptr_t>(pointer) -
                   reinterpret_cast<std::uintptr_t>(storage_) <
               capacity;
    }

    /// Owner only: successful `allocate` calls so far, and the bytes from the pool's start that are
    /// in use or lie before a block in use.
    std::uint64_t allocations() const noexcept { return allocations_; }
    std::size_t bytes_reached() const noexcept { return std::size_t{used_} * granule; }

private:
    // Blocks are named by the index of their payload's granule; 0 is no block, since a header lies
    // before it.
    using index = std::uint32_t;
    static constexpr std::size_t granule = 16;
    static constexpr index index_end = capacity / granule;
    static constexpr unsigned class_count = 60;

    struct block;
    block& at(index i) noexcept;
    static unsigned class_of(index granules) noexcept;
    index take(index granules) noexcept;
    index take_free(unsigned size_class, index granules) noexcept;
    index take_untouched(index granules) noexcept;
    index split(index first, index granules) noexcept;
    void link(index i) noexcept;
    void unlink(index i) noexcept;
    void release(index i) noexcept;
    bool collect_returned() noexcept; // whether there were any

    index top() const noexcept { return 1U + used_; }

    std::uint64_t occupied_ = 0;            // bit c: lists_[c] is not empty
    std::atomic<void*> returned_ = nullptr; // blocks released by other threads
    std::uint64_t allocations_ = 0;
    std::uint16_t used_ = 0; // granules between the first block and the untouched rest
    std::uint16_t last_ = 0; // granules of the block right below the untouched rest
    std::uint16_t lists_[class_count] = {}; // first free block of each size class
    alignas(granule) unsigned char storage_[capacity] = {};
};

} // namespace spry::detail
