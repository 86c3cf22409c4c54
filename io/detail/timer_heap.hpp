// SPDX-License-Identifier: Apache-2.0
// Pending sleeps, the earliest first; any of them can be taken out.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/io/operation.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace spry::io::detail {

/// A binary heap over sleep operations; each knows its own place in it, so that a cancelled one is
/// found at once.
class timer_heap {
public:
    timer_heap() { heap_.reserve(initial_capacity); }

    bool empty() const noexcept { return heap_.empty(); }
    operation& earliest() const noexcept { return *heap_.front(); }

    void push(operation& timer) {
        heap_.push_back(&timer);
        timer.timer_index = heap_.size() - 1;
        sift_up(timer.timer_index);
    }

    void remove(operation& timer) noexcept {
        const std::size_t hole = timer.timer_index;
        SPRY_ASSERT(hole < heap_.size() && heap_[hole] == &timer);
        operation* last = heap_.back();
        heap_.pop_back();
        if (last == &timer)
            return;
        place(hole, last);
        sift_up(hole);
        sift_down(last->timer_index);
    }

private:
    static constexpr std::size_t initial_capacity = 16;

    void place(std::size_t index, operation* timer) noexcept {
        heap_[index] = timer;
        timer->timer_index = index;
    }

    bool is_earlier(std::size_t a, std::size_t b) const noexcept {
        return heap_[a]->deadline < heap_[b]->deadline;
    }

    void exchange(std::size_t a, std::size_t b) noexcept {
        operation* from_a = heap_[a];
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

    std::vector<operation*> heap_;
};

} // namespace spry::io::detail
