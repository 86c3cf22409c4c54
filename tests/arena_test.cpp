// SPDX-License-Identifier: Apache-2.0
#include <spry/core/arena.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace {

using spry::arena;

bool is_aligned(const void* memory, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(memory) % alignment == 0;
}

TEST(arena, takes_nothing_before_its_first_allocation) {
    const arena unused;
    EXPECT_EQ(unused.bytes_held(), 0u);
}

TEST(arena, honours_every_alignment) {
    arena memory;
    for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        void* odd = memory.allocate(1, 1);
        void* aligned = memory.allocate(24, alignment);
        EXPECT_NE(odd, aligned);
        EXPECT_TRUE(is_aligned(aligned, alignment)) << alignment;
    }
}

TEST(arena, gives_regions_that_do_not_overlap) {
    arena memory(64);
    std::vector<unsigned char*> regions;
    for (std::size_t index = 0; index < 200; ++index) {
        auto* region = static_cast<unsigned char*>(memory.allocate(index + 1, 8));
        std::memset(region, static_cast<int>(index), index + 1);
        regions.push_back(region);
    }
    for (std::size_t index = 0; index < regions.size(); ++index) {
        for (std::size_t byte = 0; byte <= index; ++byte)
            ASSERT_EQ(regions[index][byte], index);
    }
}

TEST(arena, takes_nothing_more_for_the_same_work_after_a_reset) {
    arena memory(256);
    const auto work = [&] {
        for (std::size_t size = 1; size < 900; size += 7)
            (void)memory.allocate(size, 8);
    };
    work();
    const std::size_t held = memory.bytes_held();
    for (int round = 0; round < 10; ++round) {
        memory.reset();
        EXPECT_EQ(memory.bytes_held(), held);
        work();
    }
    EXPECT_EQ(memory.bytes_held(), held);
}

TEST(arena, reuses_the_same_memory_after_a_reset) {
    arena memory;
    void* first = memory.allocate(100, 16);
    memory.reset();
    EXPECT_EQ(memory.allocate(100, 16), first);
}

TEST(arena, gives_back_what_exceeds_the_limit_at_reset) {
    arena memory(1024, 8 * 1024);
    (void)memory.allocate(100, 8);
    (void)memory.allocate(1'000'000, 8);
    EXPECT_GT(memory.bytes_held(), 1'000'000u);
    memory.reset();
    EXPECT_EQ(memory.bytes_held(), 1024u);
}

TEST(arena, gives_back_everything_when_the_only_block_is_too_large) {
    arena memory(1024, 8 * 1024);
    (void)memory.allocate(50'000, 8);
    memory.reset();
    EXPECT_EQ(memory.bytes_held(), 0u);
    EXPECT_NE(memory.allocate(10, 8), nullptr);
}

TEST(arena, refuses_sizes_that_cannot_be) {
    arena memory;
    EXPECT_THROW((void)memory.allocate(SIZE_MAX - 8, 8), std::bad_alloc);
}

TEST(arena, equals_itself_only) {
    arena one;
    arena other;
    EXPECT_TRUE(one.is_equal(one));
    EXPECT_FALSE(one.is_equal(other));
}

TEST(arena, serves_pmr_containers) {
    arena memory;
    std::pmr::vector<std::pmr::string> names(&memory);
    for (int index = 0; index < 100; ++index) {
        names.emplace_back("a name that is too long for the small string");
    }
    EXPECT_EQ(names[99].get_allocator().resource(), &memory);
    EXPECT_EQ(names[0], names[99]);
}

} // namespace
