// SPDX-License-Identifier: Apache-2.0
// Pending sleeps, the earliest first; any of them can be taken out.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/io/operation.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace spry::io::detail {

/// A binary heap over sleep operations; each knows its own place in it, so that a cancelled one is
/// found at once.
class timer_heap {
public:
    timer_heap() { heap_.reserve(initial_capacity); }

    bool empty() const noexcept { return heap_.empty(); }
    operation& earliest() const noexcept { return *heap_.front().timer; }

    void push(operation& timer) {
        heap_.push_back({timer.deadline, pushed_++, &timer});
        timer.timer_index = heap_.size() - 1;
        sift_up(timer.timer_index);
    }

    void remove(operation& timer) noexcept {
        const std::size_t hole = timer.timer_index;
        SPRY_ASSERT(hole < heap_.size() && heap_[hole].timer == &timer);
        const entry last = heap_.back();
        heap_.pop_back();
        if (last.timer == &timer)
            return;
        place(hole, last);
        sift_up(hole);
        sift_down(last.timer->timer_index);
    }

private:
    static constexpr std::size_t initial_capacity = 16;

    // Time stands still within a turn, so equal deadlines are common: those end in the order in
    // which they were set.
    struct entry {
        time_point deadline;
        std::uint64_t number;
        operation* timer;
    };

    void place(std::size_t index, const entry& timer) noexcept {
        heap_[index] = timer;
        timer.timer->timer_index = index;
    }

    bool is_earlier(std::size_t a, std::size_t b) const noexcept {
        const entry& one = heap_[a];
        const entry& other = heap_[b];
        return one.deadline != other.deadline ? one.deadline < other.deadline
                                              : one.number < other.number;
    }

    void exchange(std::size_t a, std::size_t b) noexcept {
        const entry from_a = heap_[a];
        place(a, heap_[b]);
        place(b, from_a);
    }

    void sift_up(std::size_t index) noexcept {
        while (index > 0) {
            const std::size_t parent = (index - 1) / 2;
            if (!is_earlier(index, parent))
                return;
            exchange(index, parent);
            index = parent;
        }
    }

    void sift_down(std::size_t index) noexcept {
        while (true) {
            std::size_t child = 2 * index + 1;
            if (child >= heap_.size())
                return;
            if (child + 1 < heap_.size() && is_earlier(child + 1, child))
                ++child;
            if (!is_earlier(child, index))
                return;
            exchange(index, child);
            index = child;
        }
    }

    std::vector<entry> heap_;
    std::uint64_t pushed_ = 0;
};

} // namespace spry::io::detail
