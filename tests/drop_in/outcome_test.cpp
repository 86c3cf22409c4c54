// SPDX-License-Identifier: Apache-2.0
// runtime-contract 8.2: outcome.
#include <aws/lambda-runtime/outcome.h>

#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using aws::lambda_runtime::outcome;
using spry::tests::lifetime_counts;
using spry::tests::lifetime_probe;

using text_or_number = outcome<std::string, int>;

text_or_number halved(int number) {
    if (number % 2 == 0)
        return std::to_string(number / 2);
    return number;
}

TEST(contract_8_2, an_outcome_is_made_implicitly_from_a_result_or_a_failure) {
    const std::string result = "result";
    const int failure = 7;
    const text_or_number copied_result = result;
    const text_or_number moved_result = std::string{"moved"};
    const text_or_number copied_failure = failure;
    const text_or_number moved_failure = 8;
    EXPECT_TRUE(copied_result.is_success());
    EXPECT_EQ(copied_result.get_result(), "result");
    EXPECT_EQ(moved_result.get_result(), "moved");
    EXPECT_FALSE(copied_failure.is_success());
    EXPECT_EQ(copied_failure.get_failure(), 7);
    EXPECT_EQ(moved_failure.get_failure(), 8);
    EXPECT_EQ(halved(4).get_result(), "2");
    EXPECT_EQ(halved(3).get_failure(), 3);
    static_assert(std::is_convertible_v<const std::string&, text_or_number>);
    static_assert(std::is_convertible_v<std::string&&, text_or_number>);
    static_assert(std::is_convertible_v<const int&, text_or_number>);
    static_assert(std::is_convertible_v<int&&, text_or_number>);
    static_assert(!std::is_default_constructible_v<text_or_number>);
}

TEST(contract_8_2, a_moved_from_outcome_keeps_its_tag) {
    text_or_number result = std::string(100, 'r');
    const text_or_number taken = std::move(result);
    EXPECT_EQ(taken.get_result(), std::string(100, 'r'));
    EXPECT_TRUE(result.is_success()); // NOLINT(bugprone-use-after-move)
    text_or_number failure = 1;
    const text_or_number taken_too = std::move(failure);
    EXPECT_FALSE(taken_too.is_success());
    EXPECT_FALSE(failure.is_success()); // NOLINT(bugprone-use-after-move)
    static_assert(std::is_nothrow_move_constructible_v<text_or_number>);
}

TEST(contract_8_2, an_outcome_is_copied_by_construction) {
    const text_or_number result = std::string(100, 'r');
    const text_or_number copy = result;
    EXPECT_EQ(copy.get_result(), result.get_result());
    const text_or_number failure = 3;
    const text_or_number failure_copy = failure;
    EXPECT_EQ(failure_copy.get_failure(), 3);
}

TEST(contract_8_2, an_outcome_is_assigned_by_move_only) {
    static_assert(!std::is_copy_assignable_v<text_or_number>);
    static_assert(std::is_nothrow_move_assignable_v<text_or_number>);
    text_or_number target = std::string(100, 'a');
    target = text_or_number{5};
    EXPECT_EQ(target.get_failure(), 5);
    target = text_or_number{std::string(100, 'b')};
    EXPECT_EQ(target.get_result(), std::string(100, 'b'));
    target = text_or_number{std::string(100, 'c')};
    EXPECT_EQ(target.get_result(), std::string(100, 'c'));
}

TEST(contract_8_2, an_outcome_destroys_what_it_holds_once) {
    lifetime_counts results;
    lifetime_counts failures;
    struct failed : lifetime_probe {
        using lifetime_probe::lifetime_probe;
    };
    using probes = outcome<lifetime_probe, failed>;
    {
        probes first = lifetime_probe{results, 1};
        EXPECT_EQ(results.alive(), 1);
        const probes copy = first;
        EXPECT_EQ(results.alive(), 2);
        EXPECT_EQ(results.copied, 1);
        first = probes{failed{failures, 2}};
        EXPECT_EQ(results.alive(), 1);
        EXPECT_EQ(failures.alive(), 1);
        EXPECT_EQ(first.get_failure().id, 2);
        const failed taken = std::move(first).get_failure();
        EXPECT_EQ(taken.id, 2);
    }
    EXPECT_EQ(results.alive(), 0);
    EXPECT_EQ(failures.alive(), 0);
    EXPECT_EQ(failures.copied, 0);
}

TEST(contract_8_2, accessors_give_references_of_the_outcomes_own_category) {
    using probe = outcome<std::unique_ptr<int>, int>;
    static_assert(std::is_same_v<decltype(std::declval<const text_or_number&>().get_result()),
                                 const std::string&>);
    static_assert(
        std::is_same_v<decltype(std::declval<text_or_number>().get_result()), std::string&&>);
    static_assert(
        std::is_same_v<decltype(std::declval<const text_or_number&>().get_failure()), const int&>);
    static_assert(std::is_same_v<decltype(std::declval<text_or_number>().get_failure()), int&&>);
    static_assert(
        std::is_same_v<decltype(std::declval<const text_or_number&>().is_success()), bool>);
    probe owner = std::make_unique<int>(4);
    const std::unique_ptr<int> taken = std::move(owner).get_result();
    EXPECT_EQ(*taken, 4);
}

#ifndef NDEBUG
TEST(contract_8_2_death, the_wrong_accessor_asserts) {
    EXPECT_DEATH((void)text_or_number{1}.get_result(), "is_success_");
    EXPECT_DEATH((void)text_or_number{std::string{}}.get_failure(), "is_success_");
}

TEST(contract_8_2_death, moving_an_outcome_to_itself_asserts) {
    text_or_number self = 1;
    text_or_number& other = self;
    EXPECT_DEATH(self = std::move(other), "this != &other");
}
#endif

} // namespace
