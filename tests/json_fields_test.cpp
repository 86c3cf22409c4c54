// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_fields.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <tuple>

namespace outer::inner {

struct order {
    std::string_view id;
    int count = 1;
    int required = 0;
    int named = 0;
    int limit = 0;
};
SPRY_JSON(order, required(id), count, required, named, named(limit, "upper-limit"))

struct nothing {};
SPRY_JSON(nothing)

struct strict {
    int a = 0;
    int b = 0;
};
SPRY_JSON(strict, required(a, "the \xE2\x82\xAC"), required(b))

struct plain {
    int a = 0;
};

struct large {
    int m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19,
        m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37,
        m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53, m54, m55,
        m56, m57, m58, m59, m60, m61, m62, m63;
};
SPRY_JSON(large, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17,
          m18, m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35,
          m36, m37, m38, m39, m40, m41, m42, m43, m44, m45, m46, m47, m48, m49, m50, m51, m52, m53,
          m54, m55, m56, m57, m58, m59, m60, m61, m62, required(m63))

} // namespace outer::inner

namespace {

using namespace outer::inner;
using spry::json::detail::described;
using spry::json::detail::tag;

template <class T>
constexpr auto members_of = spry_json_members(tag<T>{});

TEST(json_fields, describes_members_in_the_order_given) {
    const auto& [id, count, required, named, limit] = members_of<order>;
    EXPECT_EQ(id.key, "id");
    EXPECT_EQ(count.key, "count");
    EXPECT_EQ(limit.key, "upper-limit");
    EXPECT_TRUE(id.required);
    EXPECT_FALSE(count.required);
    EXPECT_FALSE(limit.required);
}

TEST(json_fields, takes_members_that_are_called_like_the_marks) {
    EXPECT_EQ(std::get<2>(members_of<order>).key, "required");
    EXPECT_FALSE(std::get<2>(members_of<order>).required);
    EXPECT_EQ(std::get<3>(members_of<order>).key, "named");
}

TEST(json_fields, combines_required_with_another_key) {
    EXPECT_EQ(std::get<0>(members_of<strict>).key, "the \xE2\x82\xAC");
    EXPECT_TRUE(std::get<0>(members_of<strict>).required);
    EXPECT_TRUE(std::get<1>(members_of<strict>).required);
}

TEST(json_fields, reaches_the_member_it_names) {
    order some;
    some.limit = 7;
    using limit = std::remove_cvref_t<decltype(std::get<4>(members_of<order>))>;
    EXPECT_EQ(&limit::of(static_cast<void*>(&some)), &some.limit);
}

TEST(json_fields, describes_none_and_sixty_four) {
    EXPECT_EQ(std::tuple_size_v<decltype(spry_json_members(tag<nothing>{}))>, 0u);
    EXPECT_EQ(std::tuple_size_v<decltype(spry_json_members(tag<large>{}))>, 64u);
    EXPECT_EQ(std::get<63>(members_of<large>).key, "m63");
    EXPECT_TRUE(std::get<63>(members_of<large>).required);
}

TEST(json_fields, knows_which_types_are_described) {
    EXPECT_TRUE(described<order>);
    EXPECT_FALSE(described<plain>);
    EXPECT_FALSE(described<int>);
}

TEST(json_fields, knows_keys_that_would_need_escaping) {
    using spry::json::detail::is_plain_key;
    EXPECT_TRUE(is_plain_key("key-name \xE2\x82\xAC"));
    EXPECT_FALSE(is_plain_key("quo\"te"));
    EXPECT_FALSE(is_plain_key("back\\slash"));
    EXPECT_FALSE(is_plain_key("line\n"));
}

} // namespace
