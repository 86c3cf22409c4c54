// SPDX-License-Identifier: Apache-2.0
// Linked with spry::memory: everything here, GoogleTest included, lives on the replaced operators.
#include <spry/core/memory.hpp>

#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

std::uint64_t fallbacks() {
    return spry::allocations().fallback;
}

// What a small function does with an event: strings, a growing vector, a map, one buffer.
std::size_t small_invocation(unsigned number) {
    std::string name(20 + number % 50, 'n');
    std::vector<std::string> words;
    for (unsigned i = 0; i != 3 + number % 5; ++i)
        words.push_back(name + std::to_string(i));
    std::map<int, std::string> table;
    table.emplace(1, words.back());
    auto buffer = std::make_unique<char[]>(200 + number % 1000);
    std::memset(buffer.get(), 1, 200);
    return words.size() + table.size() + static_cast<std::size_t>(buffer[100]);
}

TEST(memory, a_million_small_invocations_never_start_mimalloc) {
    const spry::allocation_counts before = spry::allocations();
    ASSERT_EQ(before.fallback, 0U) << "already started by what ran before";
    std::size_t done = 0;
    for (unsigned number = 0; number != 1'000'000; ++number)
        done += small_invocation(number);
    const spry::allocation_counts after = spry::allocations();
    EXPECT_EQ(after.fallback, 0U);
    EXPECT_GE(after.pool - before.pool, 4'000'000U);
    EXPECT_LE(after.pool_bytes_reached, before.pool_bytes_reached + 8192);
    EXPECT_GT(done, 4'000'000U);
}

TEST(memory, what_does_not_fit_the_pool_comes_from_mimalloc) {
    const std::uint64_t before = fallbacks();
    void* large = operator new(1'000'000); // a string of that size may be optimised away
    EXPECT_EQ(fallbacks(), before + 1);
    operator delete(large);
    std::vector<std::string> many;
    for (int i = 0; i != 1000; ++i)
        many.emplace_back(100, static_cast<char>('a' + i % 26));
    EXPECT_GT(fallbacks(), before + 1);
    for (int i = 0; i != 1000; ++i) {
        ASSERT_EQ(many[static_cast<std::size_t>(i)],
                  std::string(100, static_cast<char>('a' + i % 26)));
    }
}

TEST(memory, keeps_alignments) {
    for (const std::size_t alignment : {32UL, 64UL, 512UL, 4096UL, 65536UL}) {
        for (const std::size_t size : {1UL, 100UL, 100'000UL}) {
            const auto asked = std::align_val_t{alignment};
            void* one = operator new(size, asked);
            void* many = operator new[](size, asked, std::nothrow);
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(one) % alignment, 0U);
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(many) % alignment, 0U);
            std::memset(one, 1, size);
            std::memset(many, 2, size);
            operator delete(one, size, asked);
            operator delete[](many, asked);
        }
    }
}

TEST(memory, accepts_every_pairing_of_new_and_delete) {
    operator delete(operator new(10));
    operator delete(operator new(10), std::size_t{10});
    operator delete[](operator new[](10));
    operator delete[](operator new[](10), std::size_t{10});
    operator delete(operator new(10, std::nothrow), std::nothrow);
    operator delete[](operator new[](10, std::nothrow), std::nothrow);
    const auto cache_line = std::align_val_t{64};
    operator delete(operator new(10, cache_line), cache_line, std::nothrow);
    operator delete[](operator new[](10, cache_line), std::size_t{10}, cache_line);
    operator delete(nullptr);
    operator delete[](nullptr);
    void* empty = operator new(0);
    EXPECT_NE(empty, nullptr);
    operator delete(empty);
}

TEST(memory, another_thread_is_served_by_mimalloc) {
    const std::uint64_t before = fallbacks();
    std::unique_ptr<std::string> made;
    std::thread([&made] { made = std::make_unique<std::string>(1000, 't'); }).join();
    EXPECT_GE(fallbacks(), before + 2);
    EXPECT_EQ(*made, std::string(1000, 't'));
}

TEST(memory, blocks_may_be_deleted_on_another_thread) {
    for (int round = 0; round != 50; ++round) {
        std::vector<std::string> words(100, std::string(100, 'w'));
        std::thread([words = std::move(words)] { EXPECT_EQ(words.size(), 100U); }).join();
    }
    // All came back: the pool serves again without help.
    const std::uint64_t before = fallbacks();
    std::vector<std::string> words(100, std::string(100, 'w'));
    EXPECT_EQ(fallbacks(), before);
}

TEST(memory, threads_may_come_and_go) {
    for (int round = 0; round != 100; ++round) {
        std::array<std::vector<std::string>, 2> made;
        const auto fill = [&made](std::size_t which) {
            for (std::size_t n = 0; n != 100; ++n) {
                made[which].emplace_back(n * 10, 'c');
            }
        };
        std::thread first(fill, 0);
        std::thread second(fill, 1);
        first.join();
        second.join();
        for (auto& mine : made)
            EXPECT_EQ(mine.back().size(), 990U);
    }
}

// Each time in a process of its own, which has started nothing yet.
TEST(memory, threads_may_start_mimalloc_at_once) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto allocate_on_two_threads = [] {
        std::barrier both{2};
        const auto fill = [&both] {
            both.arrive_and_wait();
            std::vector<std::string> made;
            for (std::size_t n = 0; n != 100; ++n)
                made.emplace_back(n * 10, 'c');
        };
        std::thread first(fill);
        std::thread second(fill);
        first.join();
        second.join();
        std::exit(0);
    };
    for (int round = 0; round != 10; ++round)
        EXPECT_EXIT(allocate_on_two_threads(), testing::ExitedWithCode(0), "");
}

// Larger than any address space, and hidden from the compiler, which would warn.
std::size_t impossible_size() {
    volatile std::size_t size = std::numeric_limits<std::size_t>::max() / 2;
    return size;
}

TEST(memory, says_bad_alloc_or_null_when_there_is_none) {
    const auto cache_line = std::align_val_t{64};
    EXPECT_THROW(operator delete(operator new(impossible_size())), std::bad_alloc);
    EXPECT_THROW(operator delete[](operator new[](impossible_size(), cache_line), cache_line),
                 std::bad_alloc);
    void* none = operator new(impossible_size(), std::nothrow);
    EXPECT_EQ(none, nullptr);
    operator delete(none);
    none = operator new[](impossible_size(), cache_line, std::nothrow);
    EXPECT_EQ(none, nullptr);
    operator delete[](none, cache_line);
}

int handler_calls = 0;

TEST(memory, asks_the_new_handler_until_it_gives_up) {
    handler_calls = 0;
    std::set_new_handler([] {
        if (++handler_calls == 3)
            std::set_new_handler(nullptr);
    });
    EXPECT_THROW(operator delete(operator new(impossible_size())), std::bad_alloc);
    EXPECT_EQ(handler_calls, 3);

    std::set_new_handler([] { throw std::bad_alloc(); });
    void* none = operator new(impossible_size(), std::nothrow);
    std::set_new_handler(nullptr);
    EXPECT_EQ(none, nullptr);
    operator delete(none);
}

} // namespace
