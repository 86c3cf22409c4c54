// SPDX-License-Identifier: Apache-2.0
#include <spry/core/detail/block_pool.hpp>

#include <spry/core/assert.hpp>

#include <bit>

namespace spry::detail {

// What lies in memory around a payload. The links share their bytes with the payload, hence
// may_alias: the optimiser must not move a caller's last store behind the one that links the block.
struct [[gnu::may_alias]] block_pool::block {
    std::uint16_t state;
    std::uint16_t granules; // of this block
    std::uint16_t before;   // granules of the neighbour below, 0 for the first block
    std::uint16_t unused;
    std::uint16_t next; // the links of a free block
    std::uint16_t previous;
};

namespace {

constexpr std::uint16_t state_free = 0xF4EE;
constexpr std::uint16_t state_in_use = 0xB10C;
constexpr std::size_t header_size = 8;

struct [[gnu::may_alias]] returned_block {
    void* next;
};

// Sizes up to 32 granules (504 bytes) have a class each; above, four classes per doubling.
constexpr std::uint32_t exact_classes = 32;
// How many blocks of a wide class are looked at before a larger one is cut: bounds the time of a
// call.
constexpr int candidates_max = 8;

} // namespace

block_pool::block& block_pool::at(index i) noexcept {
    return *reinterpret_cast<block*>(storage_ + std::size_t{i} * granule - header_size);
}

unsigned block_pool::class_of(index granules) noexcept {
    if (granules <= exact_classes)
        return granules - 1;
    const auto exponent = static_cast<unsigned>(std::bit_width(granules)) - 1;
    const unsigned quarter = (granules >> (exponent - 2)) & 3;
    return exact_classes + (exponent - 5) * 4 + quarter;
}

void* block_pool::allocate(std::size_t size, std::size_t alignment) noexcept {
    // Both checks keep the sums below from overflowing.
    if (size > capacity || alignment > capacity)
        return nullptr;
    const auto granules = static_cast<index>((size + header_size + granule - 1) / granule);
    const auto padding = alignment <= granule ? 0 : static_cast<index>(alignment / granule - 1);

    // Before anything is read: the kernel lends a page that is read first from elsewhere, and takes
    // a second fault when it is written to.
    ++allocations_;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    index found = take(granules + padding);
    if (found == 0) {
        --allocations_;
        return nullptr;
    }
    if (padding != 0) {
        const auto address =
            reinterpret_cast<std::uintptr_t>(storage_ + std::size_t{found} * granule);
        const auto gap = static_cast<index>(((0 - address) & (alignment - 1)) / granule);
        if (gap != 0) {
            const index front = found;
            found = split(front, gap);
            release(front);
        }
        if (at(found).granules > granules)
            release(split(found, granules));
    }
    return storage_ + std::size_t{found} * granule;
}

block_pool::index block_pool::take(index granules) noexcept {
    if (granules >= index_end)
        return 0;
    const unsigned size_class = class_of(granules);
    if (lists_[size_class] == 0)
        collect_returned();
    index found = take_free(size_class, granules);
    while (found == 0) {
        if (const index untouched = take_untouched(granules))
            return untouched;
        // What the list of this class holds is too small; what others have returned may not be.
        if (!collect_returned())
            return 0;
        found = take_free(size_class, granules);
    }
    unlink(found);
    at(found).state = state_in_use;
    if (at(found).granules > granules) {
        const index rest = split(found, granules);
        at(rest).state = state_free;
        link(rest);
    }
    return found;
}

// A free block of at least that size: of its own class first, else the smallest class above.
block_pool::index block_pool::take_free(unsigned size_class, index granules) noexcept {
    index candidate = lists_[size_class];
    for (int i = 0; candidate != 0 && i != candidates_max; ++i) {
        if (at(candidate).granules >= granules)
            return candidate;
        candidate = at(candidate).next;
    }
    const std::uint64_t larger = occupied_ & (~std::uint64_t{1} << size_class);
    return larger == 0 ? 0 : lists_[std::countr_zero(larger)];
}

block_pool::index block_pool::take_untouched(index granules) noexcept {
    const index found = top();
    if (granules > index_end - found)
        return 0;
    block& taken = at(found);
    taken.state = state_in_use;
    taken.granules = static_cast<std::uint16_t>(granules);
    taken.before = last_;
    last_ = taken.granules;
    used_ = static_cast<std::uint16_t>(used_ + granules);
    return found;
}

// Cuts a block in two, the first of that many granules; returns the second. Both are in use
// afterwards.
block_pool::index block_pool::split(index first, index granules) noexcept {
    const index second = first + granules;
    const auto rest = static_cast<std::uint16_t>(at(first).granules - granules);
    at(first).granules = static_cast<std::uint16_t>(granules);
    at(second).state = state_in_use;
    at(second).granules = rest;
    at(second).before = static_cast<std::uint16_t>(granules);
    if (second + rest == top()) {
        last_ = rest;
    } else {
        at(second + rest).before = rest;
    }
    return second;
}

void block_pool::link(index i) noexcept {
    const unsigned size_class = class_of(at(i).granules);
    const std::uint16_t head = lists_[size_class];
    at(i).next = head;
    at(i).previous = 0;
    if (head != 0)
        at(head).previous = static_cast<std::uint16_t>(i);
    lists_[size_class] = static_cast<std::uint16_t>(i);
    occupied_ |= std::uint64_t{1} << size_class;
}

void block_pool::unlink(index i) noexcept {
    const unsigned size_class = class_of(at(i).granules);
    const block& leaving = at(i);
    if (leaving.next != 0)
        at(leaving.next).previous = leaving.previous;
    if (leaving.previous != 0) {
        at(leaving.previous).next = leaving.next;
    } else {
        lists_[size_class] = leaving.next;
        if (leaving.next == 0)
            occupied_ &= ~(std::uint64_t{1} << size_class);
    }
}

void block_pool::release(void* pointer) noexcept {
    const auto offset = static_cast<std::size_t>(static_cast<unsigned char*>(pointer) - storage_);
    SPRY_ASSERT(offset != 0 && offset % granule == 0);
    release(static_cast<index>(offset / granule));
}

// Two free blocks are never neighbours, and none borders on the untouched rest.
void block_pool::release(index i) noexcept {
    SPRY_ASSERT(at(i).state == state_in_use);
    index first = i;
    index granules = at(i).granules;
    at(i).state = state_free;

    const index above = i + granules;
    if (above != top() && at(above).state == state_free) {
        unlink(above);
        granules += at(above).granules;
    }
    if (at(i).before != 0 && at(i - at(i).before).state == state_free) {
        first = i - at(i).before;
        unlink(first);
        granules += at(first).granules;
    }

    if (first + granules == top()) {
        used_ = static_cast<std::uint16_t>(first - 1);
        last_ = at(first).before;
        return;
    }
    at(first).granules = static_cast<std::uint16_t>(granules);
    at(first + granules).before = static_cast<std::uint16_t>(granules);
    link(first);
}

void block_pool::release_elsewhere(void* pointer) noexcept {
    // Only pushed to and emptied as a whole, so a head that comes back unchanged is still the right
    // one.
    void* head = returned_.load(std::memory_order_relaxed);
    do {
        static_cast<returned_block*>(pointer)->next = head;
    } while (!returned_.compare_exchange_weak(head, pointer, std::memory_order_release,
                                              std::memory_order_relaxed));
}

bool block_pool::collect_returned() noexcept {
    if (returned_.load(std::memory_order_relaxed) == nullptr)
        return false;
    void* pointer = returned_.exchange(nullptr, std::memory_order_acquire);
    while (pointer != nullptr) {
        void* const next = static_cast<returned_block*>(pointer)->next;
        release(pointer);
        pointer = next;
    }
    return true;
}

} // namespace spry::detail
