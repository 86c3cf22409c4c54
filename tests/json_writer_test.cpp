// SPDX-License-Identifier: Apache-2.0
#include "json_support.hpp"

#include <spry/core/arena.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/utf8.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

struct point {
    double x = 0;
    double y = 0;
};
SPRY_JSON(point, x, y)

struct drawing {
    std::string_view title;
    std::vector<point> points;
    std::optional<int> width;
    std::optional<point> centre;
    std::map<std::string, bool> flags;
    spry::json::raw extra;
    const char* unit = "mm";
};
SPRY_JSON(drawing, title, points, width, named(centre, "the-centre"), flags, extra, unit)

struct nothing {};
SPRY_JSON(nothing)

struct everything {
    std::string text;
    std::int64_t least = 0;
    std::uint64_t greatest = 0;
    float narrow = 0;
    double wide = 0;
    bool truth = false;
    std::optional<std::string> maybe;
    std::vector<std::optional<int>> list;
    std::pmr::map<std::pmr::string, std::vector<int>> map;
    std::array<int, 2> pair{};
};
SPRY_JSON(everything, text, least, greatest, narrow, wide, truth, maybe, list, map, pair)

namespace json = spry::json;
using json_test::read;

TEST(json_writer, writes_described_structs) {
    drawing some{"plan",  {{1, 2.5}, {-3, 0}},         7,
                 point{}, {{"a", true}, {"b", false}}, {R"({"k": [1]})"}};
    EXPECT_EQ(
        json::to_string(some),
        R"({"title":"plan","points":[{"x":1,"y":2.5},{"x":-3,"y":0}],"width":7,)"
        R"("the-centre":{"x":0,"y":0},"flags":{"a":true,"b":false},"extra":{"k": [1]},"unit":"mm"})");
}

TEST(json_writer, leaves_out_members_that_are_empty_optionals) {
    EXPECT_EQ(json::to_string(drawing{}),
              R"({"title":"","points":[],"flags":{},"extra":null,"unit":"mm"})");
}

TEST(json_writer, writes_empty_containers) {
    EXPECT_EQ(json::to_string(nothing{}), "{}");
    EXPECT_EQ(json::to_string(std::vector<int>{}), "[]");
    EXPECT_EQ(json::to_string(std::map<std::string, int>{}), "{}");
    EXPECT_EQ(json::to_string(std::vector<nothing>(3)), "[{},{},{}]");
}

TEST(json_writer, writes_ranges_of_every_kind) {
    const int numbers[] = {1, 2, 3};
    EXPECT_EQ(json::to_string(numbers), "[1,2,3]");
    EXPECT_EQ(json::to_string(std::span(numbers)), "[1,2,3]");
    EXPECT_EQ(json::to_string(std::vector<bool>{true, false}), "[true,false]");
    EXPECT_EQ(json::to_string(std::array<std::string, 2>{"a", "b"}), R"(["a","b"])");
    EXPECT_EQ(json::to_string(std::vector<std::vector<int>>{{}, {1}, {2, 3}}), "[[],[1],[2,3]]");
    EXPECT_EQ(json::to_string(std::vector<std::optional<int>>{1, std::nullopt}), "[1,null]");
    EXPECT_EQ(json::to_string(std::vector<json::raw>{{"{}"}, {""}, {"\"[\""}}), "[{},null,\"[\"]");
}

TEST(json_writer, writes_scalars) {
    EXPECT_EQ(json::to_string("literal"), "\"literal\"");
    EXPECT_EQ(json::to_string(static_cast<const char*>("pointer")), "\"pointer\"");
    EXPECT_EQ(json::to_string(std::pmr::string("pmr")), "\"pmr\"");
    EXPECT_EQ(json::to_string(true), "true");
    EXPECT_EQ(json::to_string(nullptr), "null");
    EXPECT_EQ(json::to_string(std::optional<int>()), "null");
    EXPECT_EQ(json::to_string(static_cast<signed char>(-128)), "-128");
    EXPECT_EQ(json::to_string(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(json::to_string(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(json_writer, writes_numbers_short) {
    EXPECT_EQ(json::to_string(0.0), "0");
    EXPECT_EQ(json::to_string(-0.0), "-0");
    EXPECT_EQ(json::to_string(1.0), "1");
    EXPECT_EQ(json::to_string(100.0), "100");
    EXPECT_EQ(json::to_string(0.1), "0.1");
    EXPECT_EQ(json::to_string(1e300), "1e+300");
    EXPECT_EQ(json::to_string(5e-324), "5e-324");
    EXPECT_EQ(json::to_string(0.1f), "0.1");
    EXPECT_EQ(json::to_string(16777216.0f), "16777216");
}

TEST(json_writer, writes_numbers_that_json_lacks_as_null) {
    EXPECT_EQ(json::to_string(std::nan("")), "null");
    EXPECT_EQ(json::to_string(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(json::to_string(-std::numeric_limits<float>::infinity()), "null");
}

TEST(json_writer, writes_doubles_and_floats_that_read_back_the_same) {
    std::mt19937_64 bits(20260101);
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t pattern = bits();
        double wide = 0;
        std::memcpy(&wide, &pattern, sizeof wide);
        if (std::isfinite(wide)) {
            ASSERT_EQ(read<double>(json::to_string(wide)), wide) << json::to_string(wide);
        }
        float narrow = 0;
        std::memcpy(&narrow, &pattern, sizeof narrow);
        if (std::isfinite(narrow)) {
            ASSERT_EQ(read<float>(json::to_string(narrow)), narrow) << json::to_string(narrow);
        }
    }
}

TEST(json_writer, writes_and_reads_every_byte_back) {
    for (int code = 0; code < 256; ++code) {
        const std::string text(1, static_cast<char>(code));
        for (std::size_t before = 0; before < 10; ++before) {
            const std::string around = std::string(before, 'x') + text + "yz";
            const std::string written = json::to_string(around);
            ASSERT_FALSE(json::find_syntax_error(written).has_value()) << code;
            ASSERT_EQ(read<std::string>(written), spry::utf8::repaired(around)) << code;
        }
    }
}

TEST(json_writer, escapes_what_must_be_and_nothing_else) {
    using namespace std::string_view_literals;
    EXPECT_EQ(json::to_string("\"\\\b\f\n\r\t/"), R"("\"\\\b\f\n\r\t/")");
    EXPECT_EQ(json::to_string("\0\x01\x1F\x7F"sv), "\"\\u0000\\u0001\\u001f\x7F\"");
    EXPECT_EQ(json::to_string("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"),
              "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\"");
}

TEST(json_writer, repairs_text_that_is_not_utf8) {
    const std::string R{spry::utf8::replacement};
    EXPECT_EQ(json::to_string("a\xFF"
                              "b"),
              "\"a" + R + "b\"");
    EXPECT_EQ(json::to_string("cut \xE2\x82"), "\"cut " + R + "\"");
    EXPECT_EQ(json::to_string("\xED\xA0\x80"), "\"" + R + R + R + "\"");
    EXPECT_EQ(json::to_string(std::map<std::string, int>{{"k\xFF\"", 1}}),
              "{\"k" + R + "\\\"\":1}");
}

TEST(json_writer, reads_back_what_it_wrote) {
    everything all{"text \" \xE2\x82\xAC",
                   INT64_MIN,
                   UINT64_MAX,
                   0.1f,
                   1.0 / 3,
                   true,
                   "maybe",
                   {1, std::nullopt, 3},
                   {{"k", {1, 2}}, {"", {}}},
                   {7, 8}};
    const std::string written = json::to_string(all);
    EXPECT_FALSE(json::find_syntax_error(written).has_value()) << written;
    EXPECT_EQ(json::to_string(read<everything>(written)), written);
}

TEST(json_writer, appends_to_one_buffer_in_the_memory_given) {
    json_test::counting_resource memory;
    {
        json::writer to(memory, 64);
        EXPECT_EQ(memory.allocations, 0u);
        json::write(to, "short");
        EXPECT_EQ(memory.allocations, 1u);
        to.clear();
        json::write(to, std::string(1000, 'x'));
        EXPECT_EQ(to.text().size(), 1002u);
        EXPECT_EQ(memory.allocations, 2u);
        to.clear();
        json::write(to, std::string(1000, 'y'));
        EXPECT_EQ(memory.allocations, 2u);
    }
}

TEST(json_writer, leaves_its_text_to_the_arena) {
    spry::arena arena;
    std::string_view text;
    {
        json::writer to(arena);
        json::write(to, std::vector{1, 2, 3});
        text = to.release();
        EXPECT_EQ(to.text(), "");
    }
    EXPECT_EQ(text, "[1,2,3]");
}

TEST(json_writer, writes_documents_by_hand) {
    json::writer to(*std::pmr::new_delete_resource());
    to.begin_object();
    to.key("a \"key\"");
    to.begin_array();
    to.element();
    to.integer(-1);
    to.element();
    to.begin_object();
    to.end_object();
    to.end_array();
    to.key("b");
    to.verbatim("[null]");
    to.end_object();
    EXPECT_EQ(to.text(), R"({"a \"key\"":[-1,{}],"b":[null]})");
}

TEST(json_writer, tells_writable_types_from_others) {
    struct undescribed {};
    EXPECT_TRUE(json::writable<drawing>);
    EXPECT_TRUE(json::writable<const char*>);
    EXPECT_TRUE(json::writable<const std::vector<int>&>);
    EXPECT_FALSE(json::writable<undescribed>);
    EXPECT_FALSE(json::writable<void*>);
    EXPECT_FALSE(json::writable<char>);
}

} // namespace
