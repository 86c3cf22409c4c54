// SPDX-License-Identifier: Apache-2.0
#include <spry/core/utf8.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace {

namespace utf8 = spry::utf8;

const std::string R{utf8::replacement};

/// One code point, encoded as the table says, surrogates and values beyond U+10FFFF included.
std::string encoded(std::uint32_t code) {
    const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
    if (code < 0x80)
        return {byte(code)};
    if (code < 0x800)
        return {byte(0xC0 | (code >> 6)), byte(0x80 | (code & 63))};
    if (code < 0x10000) {
        return {byte(0xE0 | (code >> 12)), byte(0x80 | ((code >> 6) & 63)),
                byte(0x80 | (code & 63))};
    }
    return {byte(0xF0 | (code >> 18)), byte(0x80 | ((code >> 12) & 63)),
            byte(0x80 | ((code >> 6) & 63)), byte(0x80 | (code & 63))};
}

TEST(utf8, accepts_every_code_point_and_no_surrogate) {
    for (std::uint32_t code = 0; code < 0x110000; ++code) {
        const bool surrogate = code >= 0xD800 && code < 0xE000;
        ASSERT_EQ(utf8::is_valid(encoded(code)), !surrogate) << code;
    }
    EXPECT_FALSE(utf8::is_valid(encoded(0x110000)));
}

TEST(utf8, refuses_ill_formed_sequences) {
    for (const char* text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x80\x80", "\xE0\x9F\xBF",
          "\xE2\x82", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFF", "eight bytes\xFF", "\xF0\x9F\x98"}) {
        EXPECT_FALSE(utf8::is_valid(text)) << text;
    }
}

TEST(utf8, finds_an_error_at_every_place_of_a_long_text) {
    for (std::size_t at = 0; at < 40; ++at) {
        std::string text(40, 'x');
        EXPECT_TRUE(utf8::is_valid(text));
        text[at] = '\xC3';
        EXPECT_FALSE(utf8::is_valid(text)) << at;
    }
}

struct repair_case {
    std::string text;
    std::string repaired;
};

TEST(utf8, replaces_each_maximal_subpart_once) {
    // The rows of the Unicode Standard 3.9, tables 3-8 to 3-11, and the ends of a text.
    const repair_case cases[] = {
        {"", ""},
        {"plain text of more than eight bytes", "plain text of more than eight bytes"},
        {"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80", "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"},
        {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", R + R + R + R + R + R + R + R + "A"},
        {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", R + R + R + R + R + R + R + R + "A"},
        {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", R + R + R + R + R + "A" + R + R + "B"},
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", R + R + R + R + "A"},
        {"cut \xE2\x82", "cut " + R},
        {"cut \xF0\x9F\x98", "cut " + R},
        {"\xF0\x9Fx", R + "x"},
    };
    for (const repair_case& row : cases) {
        EXPECT_EQ(utf8::repaired(row.text), row.repaired) << row.text;
        EXPECT_TRUE(utf8::is_valid(utf8::repaired(row.text)));
    }
}

TEST(utf8, cuts_no_character_in_two) {
    const std::string text = "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80z"; // 1, 2, 3, 4 and 1 bytes
    const std::size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (std::size_t max = 0; max < std::size(expected); ++max) {
        EXPECT_EQ(utf8::prefix(text, max).size(), expected[max]) << max;
    }
}

TEST(utf8, cuts_anywhere_in_a_text_that_is_not_utf8) {
    EXPECT_EQ(utf8::prefix("\x80\x80\x80\x80\x80\x80", 5).size(), 5u);
    EXPECT_EQ(utf8::prefix("\xFF\xFF\xFF", 2).size(), 2u);
}

TEST(utf8, says_how_far_a_text_is_valid) {
    const std::string plain(20, 'a');
    for (const std::string_view broken : {"\xff", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\x80"}) {
        EXPECT_EQ(utf8::valid_length(broken), 0u);
        EXPECT_EQ(utf8::valid_length(plain + "\xe2\x82\xac" + std::string{broken} + "b"), 23u);
    }
    EXPECT_EQ(utf8::valid_length(plain), 20u);
    EXPECT_EQ(utf8::valid_length(""), 0u);
}

} // namespace
