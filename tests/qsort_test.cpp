// SPDX-License-Identifier: Apache-2.0
// Linked with spry::qsort, which stands in for the C library's.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

// An element of `width` bytes: the first is its key, the others are a mark that has to stay with
// it.
using elements = std::vector<unsigned char>;

int by_first_byte(const void* a, const void* b) {
    return *static_cast<const unsigned char*>(a) - *static_cast<const unsigned char*>(b);
}

elements random_elements(std::size_t count, std::size_t width, int distinct, unsigned seed) {
    std::minstd_rand random{seed};
    elements made(count * width);
    for (std::size_t i = 0; i != made.size(); ++i)
        made[i] = static_cast<unsigned char>(
            i % width == 0 ? random() % static_cast<unsigned>(distinct) : random() % 256);
    return made;
}

std::vector<elements> each_of(const elements& all, std::size_t width) {
    std::vector<elements> parts;
    for (auto at = all.begin(); at != all.end(); at += static_cast<std::ptrdiff_t>(width))
        parts.emplace_back(at, at + static_cast<std::ptrdiff_t>(width));
    return parts;
}

TEST(qsort, puts_elements_of_any_width_in_order_and_touches_nothing_else) {
    for (const std::size_t width : {1U, 3U, 4U, 8U, 28U}) {
        for (std::size_t count = 0; count != 130; ++count) {
            for (const int distinct : {1, 3, 256}) {
                SCOPED_TRACE(testing::Message() << count << " elements of " << width << " bytes, "
                                                << distinct << " distinct keys");
                const elements before =
                    random_elements(count, width, distinct, static_cast<unsigned>(count));
                elements padded(width, 0xAA);
                padded.insert(padded.end(), before.begin(), before.end());
                padded.insert(padded.end(), width, 0xAA);

                std::qsort(padded.data() + width, count, width, by_first_byte);

                const auto first = padded.begin() + static_cast<std::ptrdiff_t>(width);
                const elements after(first, first + static_cast<std::ptrdiff_t>(before.size()));
                const std::vector<elements> sorted = each_of(after, width);
                EXPECT_TRUE(std::ranges::is_sorted(
                    sorted, {}, [](const elements& element) { return element[0]; }));
                EXPECT_TRUE(std::ranges::is_permutation(sorted, each_of(before, width)));
                EXPECT_EQ(std::ranges::count(padded.begin(), first, 0xAA),
                          static_cast<std::ptrdiff_t>(width));
                EXPECT_EQ(std::count(padded.end() - static_cast<std::ptrdiff_t>(width),
                                     padded.end(), 0xAA),
                          static_cast<std::ptrdiff_t>(width));
            }
        }
    }
}

std::size_t comparisons = 0;

int by_counted_number(const void* a, const void* b) {
    ++comparisons;
    const auto left = *static_cast<const std::uint32_t*>(a);
    const auto right = *static_cast<const std::uint32_t*>(b);
    return left < right ? -1 : left > right ? 1 : 0;
}

std::size_t comparisons_for(std::vector<std::uint32_t> numbers) {
    comparisons = 0;
    std::qsort(numbers.data(), numbers.size(), sizeof numbers[0], by_counted_number);
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
    return comparisons;
}

TEST(qsort, compares_at_most_2_n_log_n_times_in_whatever_order_elements_come) {
    constexpr std::size_t count = 4096;
    constexpr std::size_t most = 2 * count * (std::bit_width(count) - 1);
    std::vector<std::uint32_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0U);
    EXPECT_LE(comparisons_for(numbers), most) << "in order";
    std::ranges::reverse(numbers);
    EXPECT_LE(comparisons_for(numbers), most) << "reversed";
    std::ranges::sort(numbers.begin(), numbers.begin() + count / 2);
    EXPECT_LE(comparisons_for(numbers), most) << "up and down";
    std::ranges::fill(numbers, 7U);
    EXPECT_LE(comparisons_for(numbers), most) << "all the same";
    std::ranges::generate(numbers, std::minstd_rand{1});
    EXPECT_LE(comparisons_for(numbers), most) << "random";
}

int by_nothing(const void*, const void*) {
    throw std::runtime_error("these cannot be compared");
}

TEST(qsort, lets_through_what_a_comparison_throws) {
    std::vector<int> numbers{3, 1, 2};
    EXPECT_THROW(std::qsort(numbers.data(), numbers.size(), sizeof numbers[0], by_nothing),
                 std::runtime_error);
}

} // namespace
