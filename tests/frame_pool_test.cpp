// SPDX-License-Identifier: Apache-2.0
#include <spry/core/frame_pool.hpp>

#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>

#include <gtest/gtest.h>

#include <array>
#include <coroutine>
#include <cstdint>
#include <cstring>
#include <set>

namespace {

using spry::task;
using spry::task_scope;
using spry::detail::allocate_frame;
using spry::detail::deallocate_frame;
using spry::detail::frame_size_max;
using spry::detail::frames_are_pooled;

// What a sanitizer build must not do: there every frame is its own allocation.
bool reused(const void* before, const void* after) {
    return !frames_are_pooled || before == after;
}

TEST(frame_pool, gives_a_returned_frame_to_the_next_of_its_size_class) {
    void* first = allocate_frame(200);
    deallocate_frame(first, 200);
    void* second = allocate_frame(193);
    EXPECT_TRUE(reused(first, second));
    deallocate_frame(second, 193);
}

TEST(frame_pool, keeps_the_size_classes_apart) {
    void* small = allocate_frame(64);
    deallocate_frame(small, 64);
    void* larger = allocate_frame(65);
    EXPECT_NE(small, larger);
    deallocate_frame(larger, 65);
}

TEST(frame_pool, gives_memory_that_is_all_usable_and_aligned) {
    for (std::size_t size = 1; size <= frame_size_max + 200; size += 37) {
        void* memory = allocate_frame(size);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t), 0u);
        std::memset(memory, 0xa5, size);
        deallocate_frame(memory, size);
    }
}

TEST(frame_pool, never_gives_one_frame_twice) {
    std::set<void*> given;
    for (int i = 0; i < 100; ++i)
        given.insert(allocate_frame(300));
    EXPECT_EQ(given.size(), 100u);
    for (void* memory : given)
        deallocate_frame(memory, 300);
}

// Resumes at once, and yields where the awaiting coroutine's frame lies.
struct frame_address {
    const void* address = nullptr;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) noexcept {
        address = waiter.address();
        return false;
    }
    const void* await_resume() const noexcept { return address; }
};

task<const void*> where_it_runs() {
    const void* address = co_await frame_address{};
    co_return address;
}

const void* run_once() {
    task<const void*> work = where_it_runs();
    work.start();
    return std::move(work).result();
}

TEST(frame_pool, runs_one_task_after_another_in_the_same_frame) {
    const void* first = run_once();
    for (int round = 0; round < 10; ++round)
        EXPECT_TRUE(reused(first, run_once()));
}

} // namespace
