// SPDX-License-Identifier: Apache-2.0
#include <spry/http/head_builder.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/limits.hpp>
#include <spry/http/status.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spry::http {
namespace {

using namespace std::string_view_literals;

std::string text_of(const head_builder& head) {
    return std::string{head.text()};
}

TEST(headers, compares_names_in_any_case) {
    EXPECT_TRUE(equal_ignoring_case("Content-Type", "cONTENT-tYPE"));
    EXPECT_FALSE(equal_ignoring_case("Content-Type", "Content-Typ"));
    EXPECT_FALSE(equal_ignoring_case("[", "{")) << "only letters have a case";
    EXPECT_FALSE(equal_ignoring_case("0123456789[", "0123456789{"));
    EXPECT_FALSE(equal_ignoring_case("[0123456789", "{0123456789"));
}

TEST(headers, compares_names_of_any_length) {
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string name(size, 'a');
        EXPECT_TRUE(equal_ignoring_case(name, std::string(size, 'A')));
        for (std::size_t at = 0; at < size; ++at) {
            std::string other = name;
            other[at] = 'b';
            EXPECT_FALSE(equal_ignoring_case(name, other)) << size << " at " << at;
        }
    }
}

TEST(headers, finds_elements_of_a_list) {
    EXPECT_TRUE(list_contains("Keep-Alive,\tclose", "Close"));
    EXPECT_TRUE(list_contains("close", "close"));
    EXPECT_FALSE(list_contains("closed, not close", "close"));
    EXPECT_FALSE(list_contains("", "close"));
}

TEST(header_table, grows_up_to_its_limit) {
    header_table table;
    for (std::size_t i = 0; i < header_count_max; ++i) {
        header_table::entry* added = table.add();
        ASSERT_NE(added, nullptr);
        added->name_offset = static_cast<std::uint32_t>(i);
    }
    EXPECT_EQ(table.add(), nullptr);
    EXPECT_EQ(table[0].name_offset, 0u);
    EXPECT_EQ(table[header_count_max - 1].name_offset, header_count_max - 1);
}

TEST(head_builder, writes_a_request) {
    inline_head_builder head;
    head.request_line("POST", "/a?b").known_header("Host", "x:1").content_length(12).end_head();
    EXPECT_EQ(head.text(), "POST /a?b HTTP/1.1\r\nHost: x:1\r\nContent-Length: 12\r\n\r\n");
}

TEST(head_builder, writes_an_answer) {
    inline_head_builder head;
    head.status_line(413).end_head();
    EXPECT_EQ(head.text(), "HTTP/1.1 413 Content Too Large\r\n\r\n");
    head.clear();
    head.status_line(299);
    EXPECT_EQ(head.text(), "HTTP/1.1 299 Unknown\r\n");
}

TEST(head_builder, refuses_what_would_break_the_head) {
    inline_head_builder head;
    for (const std::string_view value : {"a\r\nB: c"sv, "a\nb"sv, "a\rb"sv, "a\0b"sv, "a\x7f"sv})
        EXPECT_FALSE(head.header("A", value));
    for (const std::string_view name : {""sv, "A B"sv, "A:"sv, "A\r\n"sv, "\xc3\xa4"sv})
        EXPECT_FALSE(head.header(name, "b"));
    EXPECT_TRUE(head.empty());
    EXPECT_TRUE(head.header("A", "b \t\xc3\xa4"));
    EXPECT_EQ(head.text(), "A: b \t\xc3\xa4\r\n");
}

TEST(head_builder, keeps_its_text_when_it_outgrows_its_memory) {
    inline_head_builder head;
    std::string expected;
    for (int i = 0; i < 500; ++i) {
        head.append("line ")
            .append_decimal(static_cast<std::uint64_t>(i))
            .append(" ")
            .append_hex(i + 10u);
        expected += "line " + std::to_string(i) + " ";
        char hex[16];
        (void)std::snprintf(hex, sizeof hex, "%x", static_cast<unsigned>(i + 10));
        expected += hex;
    }
    EXPECT_EQ(text_of(head), expected);
    EXPECT_GT(expected.size(), head_builder_bytes);
}

TEST(status, names_codes) {
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
    EXPECT_EQ(reason_phrase(599), "Unknown");
}

} // namespace
} // namespace spry::http
