// SPDX-License-Identifier: Apache-2.0
#include "json_support.hpp"

#include <spry/core/arena.hpp>
#include <spry/core/json_on_demand.hpp>
#include <spry/core/utf8.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace shop {

struct item {
    std::string name;
    int quantity = 1;
};
SPRY_JSON(item, required(name), quantity)

struct order {
    std::string id = "none";
    std::vector<item> items;
    std::optional<double> discount;
    std::map<std::string, std::string> tags;
    bool express = false;
    spry::json::raw rest;
};
SPRY_JSON(order, id, items, discount, tags, express, named(rest, "rest-of-it"))

} // namespace shop

struct borrowed {
    std::string_view text = "unset";
};
SPRY_JSON(borrowed, text)

struct tree {
    int value = 0;
    std::vector<tree> children;
};
SPRY_JSON(tree, value, children)

struct in_arena {
    std::pmr::string name;
    std::pmr::vector<std::pmr::string> list;
    std::pmr::map<std::pmr::string, std::pmr::vector<int>> map;
    std::pmr::unordered_map<std::string_view, std::pmr::string> views;
};
SPRY_JSON(in_arena, name, list, map, views)

struct event {
    std::string_view method, path, body, domain;
    int status = 0;
};
SPRY_JSON(event, method, path, body, domain, status)

struct strict {
    int a = 1;
    std::optional<int> b = 2;
};
SPRY_JSON(strict, required(a), required(b))

struct preset {
    std::vector<int> list = {7, 8, 9};
    std::map<std::string, int> map = {{"a", 1}};
    std::pmr::string text = "preset";
};
SPRY_JSON(preset, list, map, text)

struct empty {};
SPRY_JSON(empty)

struct first_base {
    int first = 0;
};
struct second_base {
    std::string second;
};
struct derived : first_base, second_base {
    int third = 0;
};
SPRY_JSON(derived, first, second, third)

namespace {

using json_test::padded;
using json_test::problem;
using json_test::read;
using json_test::reading;
namespace json = spry::json;

template <class T>
class json_reader_integers : public testing::Test {};
using integers = testing::Types<signed char, unsigned char, short, unsigned short, int, unsigned,
                                long, unsigned long, long long, unsigned long long>;
TYPED_TEST_SUITE(json_reader_integers, integers);

TYPED_TEST(json_reader_integers, reach_from_their_least_to_their_greatest_and_no_further) {
    using limits = std::numeric_limits<TypeParam>;
    EXPECT_EQ(read<TypeParam>(std::to_string(limits::min())), limits::min());
    EXPECT_EQ(read<TypeParam>(std::to_string(limits::max())), limits::max());
    EXPECT_EQ(read<TypeParam>("-0"), TypeParam{0});
    const std::string range =
        std::to_string(limits::min()) + " to " + std::to_string(limits::max());
    const bool is_unsigned = std::is_unsigned_v<TypeParam>;
    const std::string too_small = is_unsigned ? "-1"
                                  : sizeof(TypeParam) == 8
                                      ? "-9223372036854775809"
                                      : std::to_string(static_cast<long long>(limits::min()) - 1);
    const std::string too_large =
        sizeof(TypeParam) == 8 ? (is_unsigned ? "18446744073709551616" : "9223372036854775808")
                               : std::to_string(static_cast<long long>(limits::max()) + 1);
    for (const std::string& wrong :
         {too_small, too_large, std::string("1.0"), std::string("1e2")}) {
        EXPECT_EQ(problem<TypeParam>(wrong),
                  "at the top level: expected an integer from " + range + ", found " + wrong);
    }
    EXPECT_EQ(problem<TypeParam>("\"1\""),
              "at the top level: expected an integer from " + range + ", found a string");
}

TEST(json_reader, reads_numbers) {
    EXPECT_EQ(read<double>("1.5"), 1.5);
    EXPECT_EQ(read<double>("17"), 17.0);
    EXPECT_EQ(read<double>("1e-400"), 0.0);
    EXPECT_EQ(read<double>("1.7976931348623157e308"), std::numeric_limits<double>::max());
    EXPECT_TRUE(std::signbit(read<double>("-0")));
    EXPECT_EQ(read<float>("0.1"), 0.1f);
    EXPECT_EQ(read<double>("18446744073709551616"), 18446744073709551616.0);
}

TEST(json_reader, refuses_numbers_beyond_their_type) {
    EXPECT_EQ(problem<double>("1e400"),
              "at the top level: expected a number within the range of double, found 1e400");
    EXPECT_EQ(problem<double>("[]"), "at the top level: expected a number, found an array");
    EXPECT_EQ(problem<float>("1e39"),
              "at the top level: expected a number within the range of float, found 1e39");
    EXPECT_EQ(problem<float>("-1e39"),
              "at the top level: expected a number within the range of float, found -1e39");
    EXPECT_EQ(problem<double>("1e400" + std::string(40, '0')),
              "at the top level: expected a number within the range of double, found a number");
}

TEST(json_reader, reads_scalars_that_are_the_whole_document) {
    EXPECT_EQ(read<std::string>(" \"text\" "), "text");
    EXPECT_EQ(read<bool>("true"), true);
    EXPECT_EQ(read<bool>("\nfalse\n"), false);
    EXPECT_EQ(read<std::optional<int>>("null"), std::nullopt);
    EXPECT_EQ(read<std::optional<int>>("5"), 5);
    EXPECT_EQ(reading<json::raw>(" 17 ").value().text, "17");
    EXPECT_EQ(reading<std::string_view>("\"a view\"").value(), "a view");
}

TEST(json_reader, reads_nested_structs) {
    const reading<shop::order> done(R"({
        "id": "o-1", "items": [{"name": "pen"}, {"quantity": 12, "name": "ink"}], "discount": 0.25,
        "tags": {"colour": "blue", "": "empty key"}, "express": true, "rest-of-it": {"x": [1, 2]}  })");
    ASSERT_TRUE(done.has_value()) << done.problem();
    const shop::order& order = done.value();
    EXPECT_EQ(order.id, "o-1");
    ASSERT_EQ(order.items.size(), 2u);
    EXPECT_EQ(order.items[0].name, "pen");
    EXPECT_EQ(order.items[0].quantity, 1);
    EXPECT_EQ(order.items[1].quantity, 12);
    EXPECT_EQ(order.discount, 0.25);
    EXPECT_EQ(order.tags.at("colour"), "blue");
    EXPECT_EQ(order.tags.at(""), "empty key");
    EXPECT_TRUE(order.express);
    EXPECT_EQ(order.rest.text, R"({"x": [1, 2]})");
    EXPECT_EQ(done.problem(), "");
}

TEST(json_reader, keeps_initialisers_of_missing_members) {
    EXPECT_EQ(read<shop::order>("{}").id, "none");
    EXPECT_EQ(read<shop::item>(R"({"name":""})").quantity, 1);
}

TEST(json_reader, replaces_initialisers_rather_than_adding_to_them) {
    const auto value = read<preset>(R"({"list":[1,2],"map":{"b":2},"text":""})");
    EXPECT_EQ(value.list, (std::vector{1, 2}));
    EXPECT_EQ(value.map, (std::map<std::string, int>{{"b", 2}}));
    EXPECT_EQ(value.text, "");
    EXPECT_EQ(read<strict>(R"({"a":5,"b":null})").b, std::nullopt);
}

TEST(json_reader, names_required_members_that_are_missing) {
    EXPECT_EQ(problem<shop::item>("{}"), ".name is required and missing");
    EXPECT_EQ(problem<shop::order>(R"({"items":[{"name":"a"},{}]})"),
              ".items[1].name is required and missing");
    EXPECT_EQ(problem<strict>(R"({"a":1})"), ".b is required and missing");
    EXPECT_EQ(reading<shop::item>("{}").error(), spry::errc::json_mismatch);
}

TEST(json_reader, takes_null_for_optional_and_raw_only) {
    EXPECT_EQ(reading<json::raw>("null").value().text, "null");
    EXPECT_EQ(problem<shop::order>(R"({"id":null})"), "at .id: expected a string, found null");
    EXPECT_EQ(problem<shop::order>(R"({"items":null})"),
              "at .items: expected an array, found null");
    EXPECT_EQ(problem<shop::order>(R"({"express":null})"),
              "at .express: expected true or false, found null");
    EXPECT_EQ(problem<shop::order>("null"), "at the top level: expected an object, found null");
}

struct mismatch_case {
    std::string_view text;
    std::string_view line;
};

TEST(json_reader, says_where_a_text_does_not_fit) {
    const mismatch_case cases[] = {
        {"[]", "at the top level: expected an object, found an array"},
        {"\"x\"", "at the top level: expected an object, found a string"},
        {"17", "at the top level: expected an object, found a number"},
        {"true", "at the top level: expected an object, found true"},
        {R"({"id":17})", "at .id: expected a string, found a number"},
        {R"({"id":{}})", "at .id: expected a string, found an object"},
        {R"({"items":{}})", "at .items: expected an array, found an object"},
        {R"({"items":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":4}]})",
         "at .items[3].name: expected a string, found a number"},
        {R"({"items":[7]})", "at .items[0]: expected an object, found a number"},
        {R"({"discount":"x"})", "at .discount: expected a number, found a string"},
        {R"({"discount":false})", "at .discount: expected a number, found false"},
        {R"({"tags":{"a":"b","c":1}})", "at .tags.c: expected a string, found a number"},
        {R"({"tags":{"a b":1}})", "at .tags[\"a b\"]: expected a string, found a number"},
        {R"({"tags":{"":1}})", "at .tags[\"\"]: expected a string, found a number"},
        {R"({"tags":{"q\"\n":1}})", "at .tags[\"q??\"]: expected a string, found a number"},
        {R"({"tags":[]})", "at .tags: expected an object, found an array"},
        {R"({"express":"true"})", "at .express: expected true or false, found a string"},
        {R"({"express":1})", "at .express: expected true or false, found a number"},
    };
    for (const mismatch_case& row : cases) {
        const reading<shop::order> done(row.text);
        EXPECT_EQ(done.problem(), row.line);
        EXPECT_EQ(done.error(), spry::errc::json_mismatch) << row.text;
    }
}

TEST(json_reader, cuts_keys_and_paths_that_are_too_long) {
    using nested =
        std::map<std::string,
                 std::map<std::string, std::map<std::string, std::map<std::string, int>>>>;
    const std::string key(60, 'k');
    const std::string line =
        problem<nested>("{\"" + key + "\":{\"" + key + "\":{\"" + key + "\":{\"end\":true}}}}");
    EXPECT_TRUE(line.starts_with("at ...")) << line;
    EXPECT_TRUE(line.ends_with(
        "...\"].end: expected an integer from -2147483648 to 2147483647, found true"))
        << line;
    EXPECT_LT(line.size(), 300u);
}

TEST(json_reader, says_where_a_text_is_not_json) {
    const mismatch_case cases[] = {
        {"", "at byte 0: not valid JSON: the text is empty"},
        {"   ", "at byte 3: not valid JSON: the text is empty"},
        {"{", "at byte 1: not valid JSON: an array or object is not closed"},
        {R"({"id":"x")", "at byte 9: not valid JSON: an array or object is not closed"},
        {R"({"id":"x"} x)", "at byte 11: not valid JSON: there is more behind the value"},
        {R"({"id":"x"}})", "at byte 10: not valid JSON: there is more behind the value"},
        {R"({"id":"x"}{"id":"y"})", "at byte 10: not valid JSON: there is more behind the value"},
        {R"({"id":"x"},)", "at byte 10: not valid JSON: there is more behind the value"},
        {R"({"id":"x)", "at byte 6: not valid JSON: a string is not closed"},
        {R"({"id" "x"})", "at byte 6: not valid JSON: expected ':'"},
        {R"({"id":"\q"})", "at byte 7: not valid JSON: an unknown escape in a string"},
        {"{\"id\":\"\xFF\"}", "at byte 7: not valid JSON: not valid UTF-8"},
        {"{\"id\":\"\n\"}", "at byte 7: not valid JSON: a control character in a string"},
        {R"({"express":tru})", "at byte 11: not valid JSON: expected a value"},
        {R"({"discount":1x})", "at byte 13: not valid JSON: expected ',' or '}'"},
        {R"({"discount":nul})", "at byte 12: not valid JSON: expected a value"},
        {R"({"rest-of-it":tru})", "at byte 14: not valid JSON: expected a value"},
        {R"({"items":[{"name":"a"},]})", "at byte 23: not valid JSON: expected a value"},
        {R"({"id":"x",})", "at byte 10: not valid JSON: expected a string as key"},
        {"1,2", "at byte 1: not valid JSON: there is more behind the value"},
        {"1] [2", "at byte 1: not valid JSON: there is more behind the value"},
        {"]", "at byte 0: not valid JSON: expected a value"},
    };
    for (const mismatch_case& row : cases) {
        const reading<shop::order> done(row.text);
        EXPECT_EQ(done.problem(), row.line) << row.text;
        EXPECT_EQ(done.error(), spry::errc::invalid_json) << row.text;
    }
}

TEST(json_reader, notices_what_is_wrong_behind_the_last_member_it_wants) {
    for (const std::string_view text :
         {R"({"name":"a","quantity":1 x})", R"({"name":"a","quantity":1]})",
          R"({"name":"a","quantity":1,)"}) {
        EXPECT_EQ(reading<shop::item>(text).error(), spry::errc::invalid_json) << text;
        const std::string inside = "{\"items\":[" + std::string(text) + "],\"id\":\"x\"}";
        EXPECT_EQ(reading<shop::order>(inside).error(), spry::errc::invalid_json) << inside;
    }
}

TEST(json_reader, does_not_read_on_in_the_bytes_behind_the_text) {
    for (const std::string_view behind :
         {",1]]]", "}}}}", "]]]]", "\"\"\"\"", ",\"a\":1}", ":::::", "     "}) {
        for (const std::string_view text :
             {R"({"items":[{"name":"a"})", R"({"rest-of-it":[{})", R"({"tags":{})",
              R"({"items":[])", R"({"id":)", "{", ""}) {
            std::string bytes(text);
            while (bytes.size() < text.size() + json::padding)
                bytes += behind;
            spry::arena arena;
            json::reader reader;
            const auto value = reader.read<shop::order>({bytes.data(), text.size()}, arena);
            ASSERT_FALSE(value.has_value()) << text << behind;
            EXPECT_EQ(value.error(), spry::errc::invalid_json) << text << behind;
            const auto list =
                reader.read<std::vector<json::raw>>({bytes.data(), text.size()}, arena);
            EXPECT_FALSE(list.has_value()) << text << behind;
        }
    }
}

TEST(json_reader, reports_trailing_content_behind_every_kind_of_document) {
    EXPECT_EQ(reading<int>("1 2").error(), spry::errc::invalid_json);
    EXPECT_EQ(reading<int>("1,2").error(), spry::errc::invalid_json);
    EXPECT_EQ(reading<std::string>("\"a\" \"b\"").error(), spry::errc::invalid_json);
    EXPECT_EQ(reading<json::raw>("1 2").error(), spry::errc::invalid_json);
    EXPECT_EQ(reading<std::vector<int>>("[1] [2]").error(), spry::errc::invalid_json);
    EXPECT_EQ((reading<std::array<int, 1>>("[1]]").error()), spry::errc::invalid_json);
    EXPECT_EQ(reading<empty>("{} {}").error(), spry::errc::invalid_json);
    EXPECT_EQ((reading<std::map<std::string, int>>("{}{}").error()), spry::errc::invalid_json);
    EXPECT_EQ(reading<json::raw>("{}{}").error(), spry::errc::invalid_json);
    EXPECT_EQ(reading<std::optional<int>>("null null").error(), spry::errc::invalid_json);
}

TEST(json_reader, refuses_every_proper_prefix_of_an_event) {
    const std::string_view text =
        R"({"id":"o","items":[{"name":"p"}],"discount":1.5,"tags":{"a":"b"},"express":true})";
    ASSERT_TRUE(reading<shop::order>(text).has_value());
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_EQ(reading<shop::order>(text.substr(0, size)).error(), spry::errc::invalid_json)
            << size;
    }
}

TEST(json_reader, ignores_unknown_members_of_any_kind) {
    const auto order = read<shop::order>(
        R"({"a":[[{"id":"no"}],{}],"b":{"id":"no","c":{}},"id":"yes","d":"\"}","e":-1.5e3,"f":null,"ID":"no"})");
    EXPECT_EQ(order.id, "yes");
}

TEST(json_reader, takes_the_first_of_two_members_with_one_name) {
    EXPECT_EQ(read<shop::order>(R"({"id":"first","id":"second"})").id, "first");
    EXPECT_EQ(read<shop::order>(R"({"id":"first","express":true,"id":17})").id, "first");
    const auto map = read<std::map<std::string, int>>(R"({"a":1,"a":2,"b":3})");
    EXPECT_EQ(map, (std::map<std::string, int>{{"a", 1}, {"b", 3}}));
}

TEST(json_reader, finds_members_in_any_order_and_under_escaped_keys) {
    const auto done =
        read<event>(R"({"status":1,"domain":"d","body":"b","path":"p","method":"m"})");
    EXPECT_EQ(done.status, 1);
    EXPECT_EQ(read<shop::order>(R"({"\u0069d":"escaped"})").id, "escaped");
    EXPECT_EQ(read<shop::order>(R"({"expre\u0073s":true,"x\\":1,"id":"behind"})").id, "behind");
    EXPECT_EQ((read<std::map<std::string, int>>(R"({"\ud83d\ude00":1})").at("\xF0\x9F\x98\x80")),
              1);
}

TEST(json_reader, reads_structs_without_members) {
    EXPECT_TRUE(reading<empty>("{}").has_value());
    EXPECT_TRUE(reading<empty>(R"({"a":{"b":[1,{}]},"c":1})").has_value());
    EXPECT_TRUE(reading<std::vector<empty>>(R"([{},{"a":1},{}])").has_value());
    EXPECT_EQ(problem<empty>("[]"), "at the top level: expected an object, found an array");
}

TEST(json_reader, reads_and_writes_inherited_members) {
    const std::string_view text = R"({"first":1,"second":"two","third":3})";
    const auto value = read<derived>(text);
    EXPECT_EQ(value.first, 1);
    EXPECT_EQ(value.second, "two");
    EXPECT_EQ(value.third, 3);
    EXPECT_EQ(json::to_string(value), text);
}

TEST(json_reader, reads_lists_and_arrays_of_every_kind) {
    EXPECT_EQ(read<std::vector<bool>>("[true,false,true]"), (std::vector<bool>{true, false, true}));
    EXPECT_EQ(read<std::deque<int>>("[1,2]"), (std::deque<int>{1, 2}));
    EXPECT_EQ(read<std::list<std::string>>(R"(["a","b"])"), (std::list<std::string>{"a", "b"}));
    EXPECT_EQ(read<std::vector<std::vector<int>>>("[[],[1],[2,3]]"),
              (std::vector<std::vector<int>>{{}, {1}, {2, 3}}));
    EXPECT_EQ(read<std::vector<std::optional<int>>>("[1,null]"),
              (std::vector<std::optional<int>>{1, std::nullopt}));
    EXPECT_EQ((read<std::array<int, 3>>("[1,2,3]")), (std::array<int, 3>{1, 2, 3}));
    EXPECT_EQ((read<std::unordered_map<std::string, bool>>(R"({"a":true})").at("a")), true);
    EXPECT_EQ(problem<std::vector<bool>>("[true,1]"),
              "at [1]: expected true or false, found a number");
}

TEST(json_reader, counts_the_elements_of_an_array) {
    using three = std::array<int, 3>;
    EXPECT_EQ(problem<three>("[1,2]"),
              "at the top level: expected an array of 3, found fewer elements");
    EXPECT_EQ(problem<three>("[1,2,3,4]"),
              "at the top level: expected an array of 3, found more elements");
    EXPECT_EQ(problem<std::vector<three>>("[[1,2,3],[]]"),
              "at [1]: expected an array of 3, found fewer elements");
}

TEST(json_reader, reads_raw_values_as_they_stand) {
    for (const std::string_view text :
         {R"({ "a" : [ 1 , 2 ] })", "[ ]", R"("a\u0041")", "-1.5E3", "true", "null"}) {
        const reading<std::vector<json::raw>> done("[ " + std::string(text) + "\n, 1]");
        ASSERT_TRUE(done.has_value()) << done.problem();
        EXPECT_EQ(done.value()[0].text, text);
    }
}

TEST(json_reader, reads_every_character_back) {
    for (int code = 0; code < 0x80; ++code) {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<char>(code);
        const std::string escaped = {'"',
                                     '\\',
                                     'u',
                                     '0',
                                     '0',
                                     digits[static_cast<std::size_t>(code / 16)],
                                     digits[static_cast<std::size_t>(code % 16)],
                                     '"'};
        EXPECT_EQ(read<std::string>(escaped), std::string(1, byte)) << code;
        if (code >= 0x20 && byte != '"' && byte != '\\') {
            EXPECT_EQ(read<std::string>(std::string{'"', byte, '"'}), std::string(1, byte)) << code;
        }
    }
    EXPECT_EQ(read<std::string>(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(read<std::string>(R"("\u00e9\u20ac\ud83d\ude00")"),
              "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(json_reader, replaces_unpaired_surrogates) {
    const std::string R{spry::utf8::replacement};
    EXPECT_EQ(read<std::string>(R"("\ud800")"), R);
    EXPECT_EQ(read<std::string>(R"("\udc00")"), R);
    EXPECT_EQ(read<std::string>(R"("a\ud800b")"), "a" + R + "b");
    EXPECT_EQ(read<std::string>(R"("\ud800\ud83d\ude00")"), R + "\xF0\x9F\x98\x80");
    EXPECT_EQ(read<std::string>(R"("\ud800\u0041")"), R + "A");
    EXPECT_EQ((read<std::map<std::string, int>>(R"({"\udfff":1})").at(R)), 1);
}

TEST(json_reader, skips_a_byte_order_mark) {
    EXPECT_EQ(read<shop::order>("\xEF\xBB\xBF{\"id\":\"x\"}").id, "x");
    EXPECT_EQ(read<int>("\xEF\xBB\xBF 5"), 5);
}

TEST(json_reader, bounds_the_depth_of_recursive_types) {
    const auto nested = [](std::size_t objects) {
        std::string text;
        for (std::size_t level = 1; level < objects; ++level)
            text += R"({"children":[)";
        text += "{}";
        for (std::size_t level = 1; level < objects; ++level)
            text += "]}";
        return text;
    };
    // Each level of the tree is an object and an array.
    EXPECT_TRUE(reading<tree>(nested(json::depth_max / 2)).has_value());
    const reading<tree> deeper(nested(json::depth_max / 2 + 1));
    EXPECT_EQ(deeper.error(), spry::errc::json_mismatch);
    EXPECT_TRUE(deeper.problem().ends_with(": expected at most 128 levels, found more"))
        << deeper.problem();
}

TEST(json_reader, skips_and_keeps_raw_what_is_nested_deeper) {
    const std::string deep = std::string(900, '[') + std::string(900, ']');
    EXPECT_EQ(read<shop::order>("{\"x\":" + deep + ",\"id\":\"y\"}").id, "y");
    const reading<shop::order> done("{\"rest-of-it\":" + deep + "}");
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done.value().rest.text, deep);
}

TEST(json_reader, leaves_the_text_alone) {
    const padded text(R"({"text":"a\nb"})");
    const std::string before = text.bytes();
    spry::arena arena;
    json::reader reader;
    const auto value = reader.read<borrowed>(text.text(), arena);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->text, "a\nb");
    EXPECT_EQ(text.bytes(), before);
}

TEST(json_reader, keeps_views_while_the_value_is_in_use) {
    std::string text = "[";
    for (int index = 0; index < 1000; ++index)
        text += (index ? ",\"v\\u0031" : "\"v\\u0031") + std::to_string(index) + "\"";
    text += "]";
    const reading<std::vector<std::string_view>> done(text);
    ASSERT_TRUE(done.has_value()) << done.problem();
    for (std::size_t index = 0; index < 1000; ++index) {
        ASSERT_EQ(done.value()[index], "v1" + std::to_string(index));
    }
}

TEST(json_reader, reads_one_text_after_another_of_any_size) {
    spry::arena arena;
    json::reader reader;
    for (const std::size_t size : {10u, 100'000u, 5u, 1023u, 1024u, 1025u, 300'000u, 0u}) {
        const padded text("{\"text\":\"" + std::string(size, 'x') + "\"}");
        const auto value = reader.read<borrowed>(text.text(), arena);
        ASSERT_TRUE(value.has_value()) << reader.problem().text();
        EXPECT_EQ(value->text.size(), size);
        if (size == 5u)
            reader.shrink();
    }
}

TEST(json_reader, clears_the_problem_with_the_next_read) {
    spry::arena arena;
    json::reader reader;
    const padded wrong("[");
    const padded right("{}");
    EXPECT_FALSE(reader.read<empty>(wrong.text(), arena).has_value());
    EXPECT_FALSE(reader.problem().text().empty());
    EXPECT_TRUE(reader.read<empty>(right.text(), arena).has_value());
    EXPECT_TRUE(reader.problem().text().empty());
}

TEST(json_reader, puts_pmr_containers_into_the_arena_and_nothing_elsewhere) {
    json_test::counting_resource elsewhere;
    const json_test::default_resource_scope scope(elsewhere);
    json_test::counting_resource upstream;
    std::pmr::monotonic_buffer_resource arena(&upstream);
    json::reader reader;
    const std::string x(100, 'x');
    const std::string_view long_text = x;
    const padded text("{\"name\":\"" + x + "\",\"list\":[\"" + x + "\",\"b\"],\"map\":{\"" + x +
                      "\":[1,2,3]},\"views\":{\"k\":\"" + x + "\"}}");
    const auto value = reader.read<in_arena>(text.text(), arena);
    ASSERT_TRUE(value.has_value()) << reader.problem().text();
    EXPECT_EQ(value->name, long_text);
    EXPECT_EQ(value->name.get_allocator().resource(), &arena);
    ASSERT_EQ(value->list.size(), 2u);
    EXPECT_EQ(value->list[0], long_text);
    EXPECT_EQ(value->list[0].get_allocator().resource(), &arena);
    ASSERT_EQ(value->map.size(), 1u);
    EXPECT_EQ(value->map.begin()->first, long_text);
    EXPECT_EQ(value->map.begin()->first.get_allocator().resource(), &arena);
    EXPECT_EQ(value->map.begin()->second.get_allocator().resource(), &arena);
    EXPECT_EQ(value->map.begin()->second[2], 3);
    EXPECT_EQ(value->views.at("k"), long_text);
    EXPECT_GT(upstream.allocations, 0u);
    EXPECT_EQ(elsewhere.allocations, 0u);
}

TEST(json_reader, reads_described_structs_in_pmr_vectors) {
    spry::arena arena;
    json::reader reader;
    const padded text(R"([{"name":"a long name that does not fit in place"},{"list":["x"]}])");
    const auto value = reader.read<std::pmr::vector<in_arena>>(text.text(), arena);
    ASSERT_TRUE(value.has_value()) << reader.problem().text();
    EXPECT_EQ(value->get_allocator().resource(), &arena);
    EXPECT_EQ((*value)[0].name.get_allocator().resource(), &arena);
    EXPECT_EQ((*value)[1].list[0], "x");
}

TEST(json_reader, offers_on_demand_over_the_same_parser) {
    json::reader reader;
    const padded text(R"({"a":{"b":[1,2,3]}})");
    simdjson::ondemand::document document;
    ASSERT_EQ(json::iterate(reader, text.text()).get(document), simdjson::SUCCESS);
    std::int64_t third = 0;
    ASSERT_EQ(document["a"]["b"].at(2).get_int64().get(third), simdjson::SUCCESS);
    EXPECT_EQ(third, 3);
}

TEST(json_reader, tells_readable_types_from_others) {
    struct undescribed {};
    EXPECT_TRUE(json::readable<shop::order>);
    EXPECT_TRUE(json::readable<std::string_view>);
    EXPECT_TRUE((json::readable<std::pmr::map<std::pmr::string, int>>));
    EXPECT_FALSE(json::readable<undescribed>);
    EXPECT_FALSE(json::readable<char>);
    EXPECT_FALSE(json::readable<const char*>);
    EXPECT_FALSE((json::readable<std::map<int, int>>));
}

} // namespace
