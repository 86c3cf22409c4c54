// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/json_members.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using spry::emulator::json_members;
using spry::emulator::json_text;

// Each member in angle brackets, as it is written.
std::string shown(std::string_view text) {
    std::string all;
    for (json_members members{text}; const auto member = members.next();) {
        all += '<';
        all += member->key;
        all += '=';
        all += member->value;
        all += '>';
    }
    return all;
}

TEST(json_members, are_those_of_the_object_itself_in_their_order) {
    EXPECT_EQ(shown(R"({"b":1,"a":{"c":[1,{"d":2}]},"b":true})"),
              R"(<"b"=1><"a"={"c":[1,{"d":2}]}><"b"=true>)");
    EXPECT_EQ(shown("{}"), "");
    EXPECT_EQ(shown("{ \n}"), "");
}

TEST(json_members, are_without_the_white_space_around_them) {
    EXPECT_EQ(shown("{ \"a\" : -1.5e3 ,\t\"b\"\r\n: [ 1 , 2 ]\n, \"c\" : null } \n"),
              "<\"a\"=-1.5e3><\"b\"=[ 1 , 2 ]><\"c\"=null>");
}

TEST(json_members, end_where_strings_end_whatever_is_in_them) {
    EXPECT_EQ(shown(R"({"a":"},{\",\"b\":\\","c]":["]\""]})"),
              R"(<"a"="},{\",\"b\":\\"><"c]"=["]\""]>)");
}

TEST(json_members, of_an_array_have_no_keys) {
    EXPECT_EQ(shown(R"([ 1, "a,b" ,[],{"c":[]} ])"), R"(<=1><="a,b"><=[]><={"c":[]}>)");
    EXPECT_EQ(shown("[]"), "");
}

TEST(json_text, is_what_the_escapes_mean) {
    EXPECT_EQ(json_text(R"("")"), "");
    EXPECT_EQ(json_text(R"("plain")"), "plain");
    EXPECT_EQ(json_text(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(json_text(R"("a\u0041b\u00e9\u20AC\ud83d\uDE00")"),
              "aAb\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(json_text(R"("\u0000")"), (std::string{'\0'}));
}

TEST(json_text, replaces_surrogates_without_their_other_half) {
    EXPECT_EQ(json_text(R"("\ud83d")"), "\xEF\xBF\xBD");
    EXPECT_EQ(json_text(R"("\ude00\ud83d")"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(json_text(R"("\ud83d\u0041")"), "\xEF\xBF\xBD"
                                              "A");
    EXPECT_EQ(json_text(R"("\ud83d\n")"), "\xEF\xBF\xBD\n");
}

} // namespace
