// SPDX-License-Identifier: Apache-2.0
#include <spry/core/result.hpp>

#include "support/lifetime_probe.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace {

using spry::errc;
using spry::failure;
using spry::result;
using spry::tests::lifetime_counts;
using spry::tests::lifetime_probe;

static_assert(!std::is_convertible_v<result<int>, bool>, "only where a condition is asked for");
static_assert(!std::is_convertible_v<std::error_code, result<int>>, "a failure says so");
static_assert(std::is_convertible_v<const char*, result<std::string>>);
static_assert(!std::is_convertible_v<std::string, result<int>>);

result<int> parse(std::string_view text) {
    if (text == "one")
        return 1;
    return failure(errc::malformed_message);
}

TEST(result, holds_a_value) {
    const result<int> one = parse("one");
    EXPECT_TRUE(one.has_value());
    EXPECT_TRUE(static_cast<bool>(one));
    EXPECT_EQ(*one, 1);
    EXPECT_EQ(one.value(), 1);
}

TEST(result, holds_an_error) {
    const result<int> none = parse("none");
    EXPECT_FALSE(none.has_value());
    EXPECT_FALSE(static_cast<bool>(none));
    EXPECT_EQ(none.error(), errc::malformed_message);
}

TEST(result, is_made_from_every_kind_of_failure) {
    const result<int> ours = failure(errc::timed_out);
    const result<int> posix = failure(std::errc::address_in_use);
    const result<int> code = failure(std::error_code{104, std::system_category()});
    EXPECT_EQ(ours.error(), errc::timed_out);
    EXPECT_EQ(posix.error(), std::errc::address_in_use);
    EXPECT_EQ(code.error(), std::errc::connection_reset);
}

TEST(result, throws_its_code_when_asked_for_a_value_it_has_not) {
    result<std::string> none = failure(errc::host_not_found);
    std::error_code caught;
    try {
        static_cast<void>(none.value());
    } catch (const std::system_error& error) {
        caught = error.code();
    }
    EXPECT_EQ(caught, errc::host_not_found);
    EXPECT_THROW(static_cast<void>(std::as_const(none).value()), std::system_error);
    EXPECT_THROW(static_cast<void>(std::move(none).value()), std::system_error);
}

TEST(result, gives_another_value_in_place_of_an_error) {
    EXPECT_EQ(parse("one").value_or(7), 1);
    EXPECT_EQ(parse("none").value_or(7), 7);
    const result<std::string> none = failure(errc::timed_out);
    EXPECT_EQ(none.value_or("other"), "other");
    const result<std::string> some{std::string{"kept"}};
    EXPECT_EQ(some.value_or("other"), "kept");
    EXPECT_EQ(*some, "kept");
}

TEST(result, reaches_the_members_of_its_value) {
    result<std::string> text{std::string{"abc"}};
    EXPECT_EQ(text->size(), 3u);
    text->push_back('d');
    *text += 'e';
    EXPECT_EQ(*text, "abcde");
    EXPECT_EQ(std::as_const(text)->size(), 5u);
}

TEST(result, converts_what_its_value_is_made_from) {
    const result<std::string> text = "literal";
    EXPECT_EQ(*text, "literal");
    const result<std::string_view> view = *text;
    EXPECT_EQ(*view, "literal");
}

TEST(result, moves_a_move_only_value_out) {
    result<std::unique_ptr<int>> number = std::make_unique<int>(3);
    const std::unique_ptr<int> out = *std::move(number);
    EXPECT_EQ(*out, 3);
    result<std::unique_ptr<int>> other = std::make_unique<int>(4);
    const std::unique_ptr<int> value = std::move(other).value();
    EXPECT_EQ(*value, 4);
}

TEST(result, destroys_its_value_once_and_copies_none) {
    lifetime_counts counts;
    {
        result<lifetime_probe> first = lifetime_probe{counts, 1};
        result<lifetime_probe> second = std::move(first);
        EXPECT_EQ(second->id, 1);
    }
    EXPECT_EQ(counts.alive(), 0);
    EXPECT_EQ(counts.copied, 0);
}

TEST(result, may_be_assigned_over) {
    result<int> changing = 1;
    changing = parse("none");
    EXPECT_FALSE(changing.has_value());
    changing = 5;
    EXPECT_EQ(*changing, 5);
}

result<> check(bool good) {
    if (good)
        return {};
    return failure(errc::cancelled);
}

TEST(result_of_void, holds_success_or_an_error) {
    const result<> good = check(true);
    EXPECT_TRUE(good.has_value());
    EXPECT_TRUE(static_cast<bool>(good));
    EXPECT_NO_THROW(good.value());
    const result<> bad = check(false);
    EXPECT_FALSE(bad.has_value());
    EXPECT_EQ(bad.error(), errc::cancelled);
    EXPECT_THROW(bad.value(), std::system_error);
}

struct too_many {
    std::unique_ptr<int> count;
};

TEST(result, holds_an_error_of_another_type) {
    const auto limited = [](int count) -> result<std::string, std::string_view> {
        if (count > 3)
            return std::string_view{"too many"};
        return std::string(static_cast<std::size_t>(count), 'x');
    };
    EXPECT_EQ(*limited(2), "xx");
    EXPECT_EQ(limited(4).error(), "too many");
    EXPECT_THROW(static_cast<void>(limited(4).value()), std::string_view);
    result<int, too_many> none = too_many{std::make_unique<int>(7)};
    const too_many moved = std::move(none).error();
    EXPECT_EQ(*moved.count, 7);
}

TEST(result_of_void, holds_success_or_an_error_of_another_type) {
    const result<void, std::string> good;
    EXPECT_TRUE(good.has_value());
    EXPECT_NO_THROW(good.value());
    const result<void, std::string> bad = std::string{"bad"};
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error(), "bad");
    EXPECT_THROW(bad.value(), std::string);
}

TEST(result, dies_where_an_unchecked_error_is_read_as_a_value) {
    result<int> none = parse("none");
    EXPECT_DEATH(static_cast<void>(*none), "assertion failed: value != nullptr");
}

TEST(result, dies_where_a_value_is_asked_for_its_error) {
    const result<int> one = parse("one");
    EXPECT_DEATH(static_cast<void>(one.error()), "assertion failed: error != nullptr");
    const result<> good = check(true);
    EXPECT_DEATH(static_cast<void>(good.error()), "assertion failed: error_");
}

TEST(result, dies_where_a_failure_is_made_from_success) {
    EXPECT_DEATH(static_cast<void>(failure(std::error_code{})), "assertion failed: error_");
}

} // namespace
