// SPDX-License-Identifier: Apache-2.0
#include <spry/core/detail/block_pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using spry::detail::block_pool;

// A block filled with a byte of its own, so that an overlap with another shows.
struct filled_block {
    unsigned char* bytes;
    std::size_t size;
    unsigned char fill;

    bool intact() const {
        for (std::size_t i = 0; i != size; ++i) {
            if (bytes[i] != fill)
                return false;
        }
        return true;
    }
};

struct pool_user {
    static constexpr std::size_t overhead = 16; // a header, and what rounding adds on average

    std::unique_ptr<block_pool> pool = std::make_unique<block_pool>();
    std::vector<filled_block> live;
    std::size_t live_bytes = 0;
    std::mt19937 random{20260101};

    bool allocate(std::size_t size, std::size_t alignment = 16) {
        void* found = pool->allocate(size, alignment);
        if (found == nullptr)
            return false;
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found) % alignment, 0U);
        const auto fill = static_cast<unsigned char>(random());
        std::memset(found, fill, size);
        live.push_back({static_cast<unsigned char*>(found), size, fill});
        live_bytes += size + overhead;
        return true;
    }
    void release(std::size_t which) {
        EXPECT_TRUE(live[which].intact());
        pool->release(live[which].bytes);
        live_bytes -= live[which].size + overhead;
        live[which] = live.back();
        live.pop_back();
    }
    void release_all() {
        while (!live.empty())
            release(random() % live.size());
    }
};

TEST(block_pool, is_all_zero_before_its_first_use) {
    // What lets it lie in .bss, where it costs neither bytes in the file nor pages in memory.
    alignas(block_pool) std::array<unsigned char, sizeof(block_pool)> bytes{};
    auto* pool = new (bytes.data()) block_pool;
    EXPECT_EQ(pool->bytes_reached(), 0U);
    for (unsigned char byte : bytes)
        ASSERT_EQ(byte, 0);
}

TEST(block_pool, keeps_its_blocks_apart_and_aligned) {
    pool_user user;
    for (const std::size_t size :
         {0UL, 1UL, 8UL, 9UL, 24UL, 25UL, 100UL, 504UL, 505UL, 511UL, 1000UL, 4000UL}) {
        for (const std::size_t alignment : {1UL, 16UL, 32UL, 64UL, 256UL, 1024UL}) {
            ASSERT_TRUE(user.allocate(size, alignment < 16 ? 16 : alignment));
            if (user.live.size() % 5 == 0)
                user.release(0);
            if (user.live_bytes > 20'000)
                user.release_all();
        }
    }
    user.release_all();
    EXPECT_EQ(user.pool->bytes_reached(), 0U);
}

TEST(block_pool, is_as_new_after_everything_was_released) {
    pool_user user;
    for (int round = 0; round != 50; ++round) {
        while (user.allocate(user.random() % 3000, std::size_t{16} << user.random() % 4)) {
        }
        user.release_all();
        ASSERT_EQ(user.pool->bytes_reached(), 0U);
    }
    EXPECT_TRUE(user.allocate(block_pool::capacity - 64));
}

TEST(block_pool, never_wears_out_under_a_changing_mix_of_sizes) {
    pool_user user;
    std::size_t refused = 0;
    for (int step = 0; step != 300'000; ++step) {
        // The mix drifts: for a while small blocks, for a while larger ones, up to 1 KiB.
        const std::size_t size = user.random() % (std::size_t{32} << step / 10'000 % 6);
        if (!user.allocate(size))
            ++refused;
        while (user.live_bytes > 40'960)
            user.release(user.random() % user.live.size());
    }
    EXPECT_EQ(refused, 0U);
}

TEST(block_pool, takes_a_released_block_before_untouched_memory) {
    pool_user user;
    for (int i = 0; i != 20; ++i)
        ASSERT_TRUE(user.allocate(600));
    const std::size_t reached = user.pool->bytes_reached();
    user.release(3);
    user.release(9);
    ASSERT_TRUE(user.allocate(600));
    ASSERT_TRUE(user.allocate(600));
    EXPECT_EQ(user.pool->bytes_reached(), reached);
}

TEST(block_pool, hands_out_its_memory_in_order) {
    block_pool pool;
    auto* before = static_cast<unsigned char*>(pool.allocate(40));
    for (int i = 0; i != 100; ++i) {
        auto* next = static_cast<unsigned char*>(pool.allocate(40));
        ASSERT_EQ(next - before, 48);
        before = next;
    }
}

TEST(block_pool, refuses_what_does_not_fit) {
    block_pool pool;
    EXPECT_EQ(pool.allocate(block_pool::capacity), nullptr);
    EXPECT_EQ(pool.allocate(SIZE_MAX), nullptr);
    EXPECT_EQ(pool.allocate(16, std::size_t{1} << 40), nullptr);
    EXPECT_EQ(pool.allocations(), 0U);
    void* half = pool.allocate(40'000);
    ASSERT_NE(half, nullptr);
    EXPECT_EQ(pool.allocate(40'000), nullptr);
    pool.release(half);
    EXPECT_NE(pool.allocate(40'000), nullptr);
}

TEST(block_pool, knows_its_own_addresses) {
    block_pool pool;
    int elsewhere = 0;
    EXPECT_TRUE(pool.contains(pool.allocate(1)));
    EXPECT_FALSE(pool.contains(&elsewhere));
    EXPECT_FALSE(pool.contains(nullptr));
}

TEST(block_pool, gets_back_what_other_threads_release) {
    block_pool pool;
    for (int round = 0; round != 20; ++round) {
        std::array<std::vector<void*>, 2> handed;
        std::size_t count = 0;
        while (void* block = pool.allocate(200)) {
            std::memset(block, round, 200);
            handed[count++ % 2].push_back(block);
        }
        ASSERT_EQ(count, block_pool::capacity / 208);

        std::vector<std::thread> threads;
        threads.reserve(handed.size());
        for (std::vector<void*>& mine : handed) {
            threads.emplace_back([&pool, &mine] {
                for (void* block : mine)
                    pool.release_elsewhere(block);
            });
        }
        // The owner goes on allocating while the blocks come in.
        std::vector<void*> taken;
        while (taken.size() != count / 2) {
            if (void* block = pool.allocate(200)) {
                std::memset(block, ~round, 200);
                taken.push_back(block);
            } else {
                std::this_thread::yield();
            }
        }
        for (std::thread& thread : threads)
            thread.join();
        for (void* block : taken)
            pool.release(block);
        void* all = pool.allocate(block_pool::capacity - 64);
        ASSERT_NE(all, nullptr);
        pool.release(all);
    }
}

TEST(block_pool, gets_back_what_others_released_when_its_own_is_too_small) {
    block_pool pool;
    void* too_small = pool.allocate(520); // of the same size class as 600
    void* guard = pool.allocate(16);
    void* large_enough = pool.allocate(600);
    while (pool.allocate(16) != nullptr) { // also parts it from the untouched rest
    }
    pool.release(too_small);
    std::thread{[&] { pool.release_elsewhere(large_enough); }}.join();
    EXPECT_EQ(pool.allocate(600), large_enough);
    pool.release(guard);
}

TEST(block_pool_death, stops_at_a_second_release) {
    block_pool pool;
    void* block = pool.allocate(100);
    void* neighbour = pool.allocate(100);
    pool.release(block);
    EXPECT_DEATH(pool.release(block), "state_in_use");
    pool.release(neighbour);
}

} // namespace
