// SPDX-License-Identifier: Apache-2.0
// Which heads are taken for one of a form that is known, and which are left to the parser. That
// both then say the same is what tests/fuzz/head_form_fuzz.cpp looks after.
#include <spry/http/head_form.hpp>

#include <spry/http/parser.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace spry::http {
namespace {

using namespace std::literals;

constexpr std::string_view event = "HTTP/1.1 200 OK\r\n"
                                   "Content-Type: application/json\r\n"
                                   "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8\r\n"
                                   "Date: Fri, 21 Nov 2025 10:00:00 GMT\r\n"
                                   "Content-Length: 2\r\n"
                                   "\r\n";

std::string with(std::string_view text, std::string_view what, std::string_view by) {
    std::string changed{text};
    changed.replace(changed.find(what), what.size(), by);
    return changed;
}

// A form that has been learnt from that head, as far as it can be.
class form_of {
public:
    explicit form_of(std::string_view head) {
        for (int i = 0; i != 2; ++i) {
            parser_.start(plain_);
            EXPECT_EQ(parser_.parse_head(head), parser::outcome::complete) << head;
            form_.see(head, plain_);
        }
    }
    std::size_t match(std::string_view received) {
        read_.clear();
        return form_.match(received, read_);
    }
    const message& read() const { return read_; }

private:
    parser parser_{message_kind::response, 4096};
    message plain_;
    head_form form_;
    message read_;
};

TEST(head_form, reads_other_values_of_other_sizes) {
    form_of known{event};
    std::string next =
        with(event, "8476a536-e9f4-11e8", "another-id-that-is-longer-than-the-first");
    next = with(next, "Content-Length: 2", "Content-Length: 1234567890");
    const std::string all = next + "the body";
    ASSERT_EQ(known.match(all), next.size());
    EXPECT_EQ(known.read().status(), 200);
    EXPECT_EQ(known.read().framing(), body_framing::length);
    EXPECT_EQ(known.read().content_length(), 1'234'567'890u);
    EXPECT_TRUE(known.read().keeps_alive());
    EXPECT_FALSE(known.read().is_http_1_0());
    ASSERT_EQ(known.read().header_count(), 4u);
    EXPECT_EQ(known.read().header_at(1).name, "Lambda-Runtime-Aws-Request-Id");
    EXPECT_EQ(known.read().header_at(1).value, "another-id-that-is-longer-than-the-first");
    EXPECT_EQ(known.read().header("date"), "Fri, 21 Nov 2025 10:00:00 GMT");
}

TEST(head_form, reads_a_length_of_nothing) {
    form_of known{event};
    ASSERT_NE(known.match(with(event, "Content-Length: 2", "Content-Length: 0")), 0u);
    EXPECT_EQ(known.read().framing(), body_framing::none);
}

TEST(head_form, is_not_made_of_a_first_head) {
    head_form form;
    message read;
    parser plain{message_kind::response, 4096};
    plain.start(read);
    ASSERT_EQ(plain.parse_head(event), parser::outcome::complete);
    form.see(event, read);
    message other;
    EXPECT_EQ(form.match(event, other), 0u);
    form.see(event, read);
    EXPECT_EQ(form.match(event, other), event.size());
}

TEST(head_form, leaves_a_head_that_is_not_all_there) {
    form_of known{event};
    for (std::size_t size = 0; size != event.size(); ++size) {
        // A block of its own, for the sanitizer to see what is read beyond.
        EXPECT_EQ(known.match(std::string{event.substr(0, size)}), 0u) << size;
        EXPECT_EQ(known.read().header_count(), 0u);
    }
    EXPECT_EQ(known.match(event), event.size());
}

TEST(head_form, leaves_a_head_that_differs_between_its_values) {
    form_of known{event};
    for (const auto& [what, by] : {std::pair{"200", "202"},
                                   {"OK", "Ok"},
                                   {"HTTP/1.1", "HTTP/1.0"},
                                   {"Date", "date"},
                                   {"Date: ", "Date:  "},
                                   {"Date: ", "Date:"},
                                   {"\r\nDate", "\r\nNew: 1\r\nDate"},
                                   {"2\r\n\r\n", "2\r\nNew: 1\r\n\r\n"},
                                   {"GMT\r\n", "GMT\r\n folded\r\n"},
                                   {"GMT\r\n", "GMT\n"},
                                   {"Content-Length: 2\r\n", ""}})
        EXPECT_EQ(known.match(with(event, what, by)), 0u) << what << " by " << by;
}

TEST(head_form, leaves_values_that_are_more_than_text) {
    form_of known{event};
    const std::string_view id = "8476a536-e9f4-11e8";
    for (const std::string_view value :
         {""sv, " a"sv, "\ta"sv, "a\tb"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "a\x7f"sv,
          "0123456789\x7f"sv, "0123456789\x01"sv})
        EXPECT_EQ(known.match(with(event, id, value)), 0u) << value;
    for (const std::string_view value : {"a "sv, "\xc3\xa4"sv, "a:b, c"sv, "0123456789abcdef"sv})
        EXPECT_NE(known.match(with(event, id, value)), 0u) << value;
    for (const std::string_view length :
         {"-1"sv, "+1"sv, "1 "sv, "1,1"sv, "0x1"sv, "\x80"sv, "1234567890123456789"sv})
        EXPECT_EQ(
            known.match(with(event, "Content-Length: 2", "Content-Length: " + std::string{length})),
            0u)
            << length;
}

TEST(head_form, is_not_learnt_where_values_say_what_a_message_is) {
    for (const char* line :
         {"Connection: x", "Connection: keep-alive", "Proxy-Connection: x",
          "Transfer-Encoding: chunked", "Upgrade: x", "Empty:", "Content-Length: 2"}) {
        // Two lengths that are the same are refused by the parser as well.
        const bool is_length = line == "Content-Length: 2"sv;
        const std::string head = is_length ? with(event, "Content-Length: 2\r\n", "")
                                 : line == "Transfer-Encoding: chunked"sv
                                     ? with(event, "Content-Length: 2", line)
                                     : with(event, "Date:", line + "\r\nDate:"s);
        EXPECT_EQ(form_of{head}.match(head), 0u) << line;
    }
    for (const auto& [what, by] :
         {std::pair{"HTTP/1.1", "HTTP/1.0"}, {"200 OK", "204 No Content"}, {"200 OK", "404 x"}}) {
        const std::string head = with(event, what, by);
        EXPECT_EQ(form_of{head}.match(head), 0u) << by;
    }
}

TEST(head_form, is_not_learnt_beyond_so_many_lines_and_bytes) {
    std::string many{event};
    for (int i = 0; i != 12; ++i)
        many = with(many, "Date:", "A: b\r\nDate:");
    EXPECT_EQ(form_of{many}.match(many), many.size());
    many = with(many, "Date:", "A: b\r\nDate:");
    EXPECT_EQ(form_of{many}.match(many), 0u);
    const std::size_t room = 704 - event.size();
    EXPECT_NE(form_of{with(event, "Fri", std::string(room + 3, 'v'))}.match(event), 0u);
    EXPECT_EQ(form_of{with(event, "Fri", std::string(room + 4, 'v'))}.match(event), 0u);
}

TEST(head_form, may_be_as_short_as_an_answer_can_be) {
    constexpr std::string_view least = "HTTP/1.1 200\r\nContent-Length:0\r\n\r\n";
    form_of known{least};
    EXPECT_EQ(known.match(least), least.size());
    const std::string longer = with(least, ":0", ":12345");
    EXPECT_EQ(known.match(longer), longer.size());
    EXPECT_EQ(known.match(longer), longer.size());
    EXPECT_EQ(known.read().content_length(), 12345u);
}

// In one of the same size as in any other.
TEST(head_form, looks_at_every_byte) {
    const std::size_t length = event.find("2\r\n\r\n");
    bool in_value = false;
    bool begins_value = false;
    for (std::size_t at = 0; at != event.size(); ++at) {
        if (event[at] == '\r')
            in_value = false;
        for (const char by : "\x01 \t\r\n\x1f\x7f\x80:x7"sv) {
            if (by == event[at])
                continue;
            std::string next{event};
            next[at] = by;
            const bool is_text = by != '\x7f' && (by < 0 || by >= (begins_value ? '!' : ' '));
            const bool fits = in_value && is_text && (at != length || by == '7');
            form_of known{event};
            EXPECT_EQ(known.match(next), fits ? event.size() : 0) << at << ' ' << int{by};
            EXPECT_EQ(known.match(event), event.size()) << at << ' ' << int{by};
        }
        begins_value = event.substr(0, at + 1).ends_with(": ");
        in_value = in_value || begins_value;
    }
}

TEST(head_form, follows_values_whose_sizes_change) {
    const std::string_view id = "8476a536-e9f4-11e8";
    form_of known{event};
    for (const std::string_view value :
         {"a"sv, "b"sv, "longer-than-the-first"sv, id, "a"sv, "c"sv}) {
        const std::string next = with(event, id, value);
        ASSERT_EQ(known.match(next), next.size()) << value;
        EXPECT_EQ(known.read().header_at(1).value, value);
        EXPECT_EQ(known.read().header_at(2).value, "Fri, 21 Nov 2025 10:00:00 GMT");
        EXPECT_EQ(known.read().content_length(), 2u);
    }
    // It fits and is read, though the next one is the parser's again.
    const std::string wide = with(event, id, std::string(4000, 'v'));
    EXPECT_EQ(known.match(wide), wide.size());
    EXPECT_EQ(known.match(wide), 0u);
}

} // namespace
} // namespace spry::http
