// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_syntax.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using spry::json::find_syntax_error;

TEST(json_syntax, accepts_what_rfc_8259_accepts) {
    for (const char* text : {"{}",
                             "[]",
                             "0",
                             "-0",
                             "1.5e+10",
                             "1E5",
                             "\"\"",
                             "true",
                             "false",
                             "null",
                             " [ ] ",
                             "{\"a\":[{},[]]}",
                             "[1, 2 ,3]",
                             "{\"a\" : 1 , \"b\" : {\"c\":null}}",
                             R"("\"\\\/\b\f\n\r\t\u00e9\ud800")",
                             "\t\r\n 1 \t\r\n",
                             "\xEF\xBB\xBF{}",
                             "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\"",
                             "[[[[]]],{}]",
                             "[\"\x7F\"]"}) {
        EXPECT_FALSE(find_syntax_error(text).has_value()) << text;
    }
}

struct error_case {
    std::string_view text;
    std::size_t byte;
    std::string_view reason;
};

TEST(json_syntax, says_where_and_why) {
    using namespace std::string_view_literals;
    const error_case cases[] = {
        {"", 0, "the text is empty"},
        {"  \n", 3, "the text is empty"},
        {"x", 0, "expected a value"},
        {"tru", 0, "expected a value"},
        {"nul ", 0, "expected a value"},
        {"1 2", 2, "there is more behind the value"},
        {"{}}", 2, "there is more behind the value"},
        {"truex", 4, "there is more behind the value"},
        {"-", 0, "expected a value"},
        {"+1", 0, "expected a value"},
        {"01", 0, "a number with a leading zero"},
        {"-012", 0, "a number with a leading zero"},
        {"1.", 2, "expected a digit"},
        {"1.e5", 2, "expected a digit"},
        {"1e", 2, "expected a digit"},
        {"1e+", 3, "expected a digit"},
        {".5", 0, "expected a value"},
        {"[1", 2, "an array or object is not closed"},
        {"[", 1, "an array or object is not closed"},
        {"[1,", 3, "expected a value"},
        {"[1,]", 3, "expected a value"},
        {"[,1]", 1, "expected a value"},
        {"[1 2]", 3, "expected ',' or ']'"},
        {"[1}", 2, "expected ',' or ']'"},
        {"{\"a\":1]", 6, "expected ',' or '}'"},
        {"{", 1, "an array or object is not closed"},
        {"{a:1}", 1, "expected a string as key"},
        {"{\"a\":1,}", 7, "expected a string as key"},
        {"{\"a\" 1}", 5, "expected ':'"},
        {"{\"a\":}", 5, "expected a value"},
        {"{\"a\"", 4, "expected ':'"},
        {"[\"a]", 1, "a string is not closed"},
        {"[\"a\\\"]", 1, "a string is not closed"},
        {"\"a\nb\"", 2, "a control character in a string"},
        {"\"a\0b\""sv, 2, "a control character in a string"},
        {"\"\\x\"", 1, "an unknown escape in a string"},
        {"\"\\", 1, "an unknown escape in a string"},
        {"\"\\u12g4\"", 5, "expected four hexadecimal digits"},
        {"\"\xC3(\"", 1, "not valid UTF-8"},
        {"[1,\xFF]", 3, "expected a value"},
    };
    for (const error_case& row : cases) {
        const auto error = find_syntax_error(row.text);
        ASSERT_TRUE(error.has_value()) << row.text;
        EXPECT_EQ(error->byte, row.byte) << row.text;
        EXPECT_EQ(error->reason, row.reason) << row.text;
    }
}

TEST(json_syntax, refuses_every_proper_prefix_of_a_document) {
    const std::string_view text = R"({"a":[1,-2.5e3,{"b":"c\u00e9\n"},true,false,null,[]],"d":{}})";
    EXPECT_FALSE(find_syntax_error(text).has_value());
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_TRUE(find_syntax_error(text.substr(0, size)).has_value()) << size;
    }
}

TEST(json_syntax, follows_containers_up_to_its_limit) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_FALSE(find_syntax_error(nested(spry::json::syntax_depth_max)).has_value());
    const auto error = find_syntax_error(nested(spry::json::syntax_depth_max + 1));
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->reason, "nested too deeply");
}

} // namespace
