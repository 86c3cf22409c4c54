// SPDX-License-Identifier: Apache-2.0
#include <spry/core/intrusive_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace {

using spry::intrusive_queue;
using spry::queue_link;

struct element : queue_link {
    explicit element(char l) : letter(l) {}
    char letter;
};

using queue = intrusive_queue<element>;

std::string drain(queue& from) {
    std::string letters;
    while (const element* next = from.pop_front())
        letters.push_back(next->letter);
    return letters;
}

std::string peek(queue& at) {
    std::string letters;
    for (element* each = at.front(); each != nullptr; each = at.next(*each))
        letters.push_back(each->letter);
    return letters;
}

TEST(intrusive_queue, is_empty_at_first) {
    queue letters;
    EXPECT_TRUE(letters.empty());
    EXPECT_EQ(letters.size(), 0u);
    EXPECT_EQ(letters.front(), nullptr);
    EXPECT_EQ(letters.pop_front(), nullptr);
}

TEST(intrusive_queue, gives_back_in_the_order_of_arrival) {
    std::array elements{element{'a'}, element{'b'}, element{'c'}};
    queue letters;
    for (element& each : elements)
        letters.push_back(each);
    EXPECT_EQ(letters.size(), 3u);
    EXPECT_EQ(letters.front(), &elements[0]);
    EXPECT_EQ(peek(letters), "abc");
    EXPECT_EQ(drain(letters), "abc");
    EXPECT_TRUE(letters.empty());
}

TEST(intrusive_queue, removes_from_any_place) {
    for (std::size_t removed = 0; removed < 3; ++removed) {
        std::array elements{element{'a'}, element{'b'}, element{'c'}};
        queue letters;
        for (element& each : elements)
            letters.push_back(each);
        letters.remove(elements[removed]);
        EXPECT_FALSE(elements[removed].is_linked());
        EXPECT_EQ(letters.size(), 2u);
        EXPECT_EQ(drain(letters), (std::array{"bc", "ac", "ab"}[removed]));
    }
}

TEST(intrusive_queue, takes_an_element_again_after_it_left) {
    element only{'a'};
    queue letters;
    for (int round = 0; round < 3; ++round) {
        letters.push_back(only);
        EXPECT_TRUE(only.is_linked());
        EXPECT_EQ(letters.pop_front(), &only);
        EXPECT_FALSE(only.is_linked());
    }
}

TEST(intrusive_queue, appends_all_of_another) {
    std::array elements{element{'a'}, element{'b'}, element{'c'}, element{'d'}};
    queue first;
    queue second;
    first.push_back(elements[0]);
    first.push_back(elements[1]);
    second.push_back(elements[2]);
    second.push_back(elements[3]);
    first.append(second);
    EXPECT_TRUE(second.empty());
    EXPECT_EQ(second.size(), 0u);
    EXPECT_EQ(first.size(), 4u);
    EXPECT_EQ(peek(first), "abcd");
    first.remove(elements[2]);
    EXPECT_EQ(drain(first), "abd");
}

TEST(intrusive_queue, appends_to_and_from_an_empty_one) {
    element only{'a'};
    queue first;
    queue second;
    first.append(second);
    EXPECT_TRUE(first.empty());
    second.push_back(only);
    first.append(second);
    first.append(second);
    EXPECT_TRUE(second.empty());
    EXPECT_EQ(drain(first), "a");
}

void put_into_two_queues() {
    element twice{'a'};
    queue first;
    queue second;
    first.push_back(twice);
    second.push_back(twice);
}

TEST(intrusive_queue, dies_where_an_element_is_in_two_queues) {
    EXPECT_DEATH(put_into_two_queues(), "assertion failed: !link.is_linked");
}

void destroy_while_queued() {
    queue letters;
    std::optional<element> gone{std::in_place, 'a'};
    letters.push_back(*gone);
    gone.reset();
}

TEST(intrusive_queue, dies_where_an_element_goes_while_it_is_queued) {
    EXPECT_DEATH(destroy_while_queued(), "assertion failed: !is_linked");
}

} // namespace
