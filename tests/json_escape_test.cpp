// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_escape.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

std::vector<std::string> pieces_of(std::string_view text) {
    std::vector<std::string> pieces;
    spry::json::escape_buffer buffer;
    while (!text.empty())
        pieces.emplace_back(spry::json::escape_front(text, buffer));
    return pieces;
}

using pieces = std::vector<std::string>;

TEST(json_escape, gives_runs_as_they_are_and_the_rest_one_by_one) {
    EXPECT_EQ(pieces_of(""), pieces{});
    EXPECT_EQ(pieces_of("a longer plain text"), pieces{"a longer plain text"});
    EXPECT_EQ(pieces_of("say \"so\"\n"), (pieces{"say ", "\\\"", "so", "\\\"", "\\n"}));
    EXPECT_EQ(pieces_of({"\0\x1f\x7f", 3}), (pieces{"\\u0000", "\\u001f", "\x7f"}));
    EXPECT_EQ(pieces_of("\xc3\xa9\xff\xe2\x82"),
              (pieces{"\xc3\xa9", "\xEF\xBF\xBD", "\xEF\xBF\xBD"}));
}

// A run of the text itself is no copy.
TEST(json_escape, borrows_what_needs_no_escape) {
    const std::string text = "plain\\";
    std::string_view left = text;
    spry::json::escape_buffer buffer;
    EXPECT_EQ(spry::json::escape_front(left, buffer).data(), text.data());
    EXPECT_EQ(left, "\\");
}

} // namespace
