// SPDX-License-Identifier: Apache-2.0
// arena: the memory of one invocation. Taking is a pointer increment, giving back is for all at
// once.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace spry {

/// A monotonic std::pmr::memory_resource that keeps its blocks across `reset()`, so that the second
/// invocation of a kind allocates nothing.
///
/// Alignment: any power of two is honoured. Lifetime: what was allocated lives until `reset()` or
/// the arena's end, deallocate() does nothing. Nothing is taken before the first allocation: an
/// arena that is never used costs no memory and touches no page. One thread. Errors: std::bad_alloc
/// from operator new.
class arena final : public std::pmr::memory_resource {
public:
    /// The first block, unless told otherwise; later blocks double up to `block_bytes_max`.
    static constexpr std::size_t first_block_bytes_default = 4 * 1024;
    static constexpr std::size_t block_bytes_max = 1024 * 1024;
    /// What `reset()` keeps, over all blocks; the rest is given back.
    static constexpr std::size_t kept_bytes_max_default = 256 * 1024;

    explicit arena(std::size_t first_block_bytes = first_block_bytes_default,
                   std::size_t kept_bytes_max = kept_bytes_max_default) noexcept;
    ~arena() override;

    arena(const arena&) = delete;
    arena& operator=(const arena&) = delete;

    /// Ends the life of everything allocated here. Destructors are the business of those who made
    /// the objects. Blocks are kept in order of age while their sum is within `kept_bytes_max`.
    void reset() noexcept;

    /// Bytes held from operator new, headers included.
    std::size_t bytes_held() const noexcept { return bytes_held_; }

private:
    struct block;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

    void* take(std::size_t bytes, std::size_t alignment) noexcept;
    void enter(block* entered) noexcept;
    void add_block(std::size_t bytes_wanted);

    block* first_ = nullptr;   ///< in order of age
    block* current_ = nullptr; ///< where the next bytes come from; blocks behind it are empty
    std::byte* next_ = nullptr;
    std::byte* end_ = nullptr;
    std::size_t next_block_bytes_;
    std::size_t kept_bytes_max_;
    std::size_t bytes_held_ = 0;
};

} // namespace spry
