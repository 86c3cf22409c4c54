// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/path_segment.hpp>

#include <gtest/gtest.h>

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace {

bool is_unreserved(unsigned char byte) {
    return byte < 0x80 &&
           (std::isalnum(byte) != 0 ||
            std::string_view{"-._~"}.find(static_cast<char>(byte)) != std::string_view::npos);
}

std::string appended(std::string_view segment) {
    spry::http::inline_head_builder path;
    spry::detail::append_segment(path, segment);
    return std::string{path.text()};
}

// RFC 3986 2.3, for each byte at each place of texts of many sizes: a request id has 36.
TEST(path_segment, is_plain_where_all_its_characters_are_unreserved) {
    for (const std::size_t size : {1, 2, 31, 32, 33, 36, 63, 64, 65, 100}) {
        std::string segment(size, 'x');
        ASSERT_TRUE(spry::detail::is_plain_segment(segment)) << size;
        for (std::size_t at = 0; at != size; ++at) {
            for (int byte = 0; byte != 256; ++byte) {
                segment[at] = static_cast<char>(byte);
                ASSERT_EQ(spry::detail::is_plain_segment(segment),
                          is_unreserved(static_cast<unsigned char>(byte)))
                    << byte << " at " << at << " of " << size;
            }
            segment[at] = 'x';
        }
    }
    EXPECT_TRUE(spry::detail::is_plain_segment(""));
}

TEST(path_segment, is_percent_encoded_where_a_path_would_read_it_otherwise) {
    EXPECT_EQ(appended("8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
              "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    EXPECT_EQ(appended("a:b@c;d=e,f!$&'()*+~"), "a:b@c;d=e,f!$&'()*+~");
    EXPECT_EQ(appended("../a b%c?d#e\\\xc3\xa4[\x7f"), "..%2Fa%20b%25c%3Fd%23e%5C%C3%A4%5B%7F");
    EXPECT_EQ(appended(""), "");
}

} // namespace
