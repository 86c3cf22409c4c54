// SPDX-License-Identifier: Apache-2.0
// C's qsort (C11 7.22.5.2), served by a heap sort. libc's resolver calls it, and so it is in every
// program that can look up a name; zig's own is 12 KB there, this one 400 bytes.
//
// A library of its own (spry::qsort), for static programs with zig's C library: elsewhere nothing
// would be saved. Not stable, as the standard allows; no memory and no recursion; at most
// 2 n log2(n) comparisons, in whatever order the elements come. What a comparison throws goes on to
// the caller, as C++ asks for (C++20 25.12).
#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace {

using comparison = int (*)(const void*, const void*);

// A heap in an array: the greatest element is the first, and those at 2i+1 and 2i+2 are not greater
// than the one at i.
class heap {
public:
    heap(void* elements, std::size_t count, std::size_t width, comparison compare)
        : elements_(static_cast<char*>(elements)), count_(count), width_(width), compare_(compare) {
        for (std::size_t i = count_ / 2; i > 0; --i)
            sift_down(i - 1);
    }

    void sort() {
        while (count_ > 1) {
            --count_;
            exchange(at(0), at(count_));
            sift_down(0);
        }
    }

private:
    char* at(std::size_t index) const noexcept { return elements_ + index * width_; }

    void exchange(char* a, char* b) const noexcept { std::swap_ranges(a, a + width_, b); }

    void sift_down(std::size_t index) {
        for (;;) {
            std::size_t child = 2 * index + 1;
            if (child >= count_)
                return;
            if (child + 1 < count_ && compare_(at(child), at(child + 1)) < 0)
                ++child;
            if (compare_(at(index), at(child)) >= 0)
                return;
            exchange(at(index), at(child));
            index = child;
        }
    }

    char* elements_;
    std::size_t count_;
    std::size_t width_;
    comparison compare_;
};

} // namespace

extern "C" void qsort(void* elements, std::size_t count, std::size_t width, comparison compare) {
    heap(elements, count, width, compare).sort();
}
