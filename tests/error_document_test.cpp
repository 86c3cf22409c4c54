// SPDX-License-Identifier: Apache-2.0
#include <spry/core/arena.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/utf8.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/function_error.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace my::app {

struct bad_thing : std::runtime_error {
    using std::runtime_error::runtime_error;
};
template <class T>
struct wrapped {};

} // namespace my::app

namespace {

using spry::arena;
using spry::error_report;
using spry::error_type_name;

template <class T>
error_report describe(T thrown, arena& memory) {
    return spry::describe_exception(std::make_exception_ptr(std::move(thrown)), memory);
}

TEST(error_document, has_message_type_and_stack_in_that_order) {
    arena memory;
    EXPECT_EQ(spry::write_error_document({"std::out_of_range", "no \"x\""}, memory),
              R"({"errorMessage":"no \"x\"","errorType":"std::out_of_range","stackTrace":[]})");
}

TEST(error_document, stays_within_the_limit_whatever_the_message) {
    arena memory;
    const std::string message(3 * 1024 * 1024, '\x01');
    const std::string_view document = spry::write_error_document({"t", message}, memory);
    EXPECT_LE(document.size(), spry::runtime_api::error_document_size_max);
    EXPECT_TRUE(document.ends_with(R"("stackTrace":[]})"));
}

TEST(error_document, describes_exceptions_of_any_type) {
    arena memory;
    error_report report = describe(std::out_of_range{"too far"}, memory);
    EXPECT_EQ(report.type, "std::out_of_range");
    EXPECT_EQ(report.message, "too far");

    report = describe(my::app::bad_thing{"broken"}, memory);
    EXPECT_EQ(report.type, "my::app::bad_thing");
    EXPECT_EQ(report.message, "broken");

    report = describe(std::string{"just text"}, memory);
    EXPECT_EQ(report.message, "just text");

    report = describe<const char*>("a literal", memory);
    EXPECT_EQ(report.message, "a literal");

    report = describe(42, memory);
    EXPECT_EQ(report.type, "int");
    EXPECT_EQ(report.message, "an exception that is no std::exception");

    report = describe(my::app::wrapped<int>{}, memory);
    EXPECT_EQ(report.type, "my::app::wrapped<int>");
}

// runtime-contract 1.6: what keeps its name there matches (Runtime|Function)\.[A-Z][a-zA-Z]+
TEST(error_document, names_the_type_for_the_header) {
    EXPECT_EQ(error_type_name{"std::out_of_range"}.text(), "Function.OutOfRange");
    EXPECT_EQ(error_type_name{"my::app::bad_thing"}.text(), "Function.BadThing");
    EXPECT_EQ(error_type_name{"my::app::wrapped<std::vector<int> >"}.text(), "Function.Wrapped");
    EXPECT_EQ(error_type_name{"HTTPError2Big"}.text(), "Function.HTTPErrorBig");
    EXPECT_EQ(error_type_name{"int"}.text(), "Function.Int");
    EXPECT_EQ(error_type_name{"Runtime.NoSuchHandler"}.text(), "Runtime.NoSuchHandler");
    EXPECT_EQ(error_type_name{""}.text(), "Function.Unknown");
    EXPECT_EQ(error_type_name{"{lambda}"}.text(), "Function.Lambda");
}

// What a handler has made of its input must not become a header line.
TEST(contract_1_6, a_type_with_a_category_keeps_its_letters_and_nothing_else) {
    EXPECT_EQ(error_type_name{"Runtime.a\r\nX-Evil: yes"}.text(), "Runtime.aXEvilyes");
    EXPECT_EQ(error_type_name{"Function.OutOfStock"}.text(), "Function.OutOfStock");
    EXPECT_EQ(error_type_name{"Runtime."}.text(), "Runtime.Unknown");
    for (int byte = 0; byte < 256; ++byte) {
        for (const char* category : {"Runtime.", "Function.", ""}) {
            const std::string type = std::string{category} + "A" + static_cast<char>(byte) + "b";
            const error_type_name name{type};
            EXPECT_TRUE(std::ranges::all_of(name.text(), [](char c) {
                return c == '.' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            })) << byte;
        }
    }
}

TEST(error_document, bounds_the_type_in_the_header) {
    EXPECT_EQ(error_type_name{std::string(1000, 'a')}.text().size(), 128u);
}

TEST(error_document, describes_what_an_error_was_thrown_because_of) {
    arena memory;
    std::exception_ptr thrown;
    try {
        try {
            try {
                throw 42;
            } catch (...) {
                std::throw_with_nested(my::app::bad_thing{"no connection"});
            }
        } catch (...) {
            std::throw_with_nested(std::runtime_error{"the order cannot be taken"});
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    const error_report report = spry::describe_exception(thrown, memory);
    EXPECT_EQ(report.type, "std::runtime_error");
    EXPECT_EQ(spry::write_error_document(report, memory),
              R"({"errorMessage":"the order cannot be taken","errorType":"std::runtime_error",)"
              R"("stackTrace":[],"cause":{"errorMessage":"no connection",)"
              R"("errorType":"my::app::bad_thing","stackTrace":[],"cause":{"errorMessage":)"
              R"("an exception that is no std::exception","errorType":"int","stackTrace":[]}}})");
}

TEST(error_document, describes_no_more_causes_than_it_has_room_for) {
    arena memory;
    std::exception_ptr thrown = std::make_exception_ptr(1);
    for (int i = 0; i < 50; ++i) {
        try {
            std::rethrow_exception(thrown);
        } catch (...) {
            try {
                std::throw_with_nested(std::runtime_error{std::string(100'000, '\x01')});
            } catch (...) {
                thrown = std::current_exception();
            }
        }
    }
    const error_report report = spry::describe_exception(thrown, memory);
    std::size_t causes = 0;
    for (const error_report* cause = report.cause; cause != nullptr; cause = cause->cause)
        ++causes;
    EXPECT_EQ(causes, spry::error_causes_max);
    EXPECT_LE(spry::write_error_document(report, memory).size(),
              spry::runtime_api::error_document_size_max);
    EXPECT_LE(spry::write_xray_cause(report, memory).size(),
              spry::runtime_api::xray_cause_size_max);
}

TEST(error_document, describes_exceptions_without_a_text) {
    arena memory;
    EXPECT_EQ(describe<const char*>(nullptr, memory).message, "a null pointer");
    EXPECT_EQ(describe(nullptr, memory).message, "a null pointer");
    struct silent : std::exception {
        const char* what() const noexcept override { return nullptr; }
    };
    EXPECT_EQ(describe(silent{}, memory).message, "a null pointer");
}

TEST(error_document, of_a_failure_on_purpose_has_its_own_type) {
    arena memory;
    const error_report report =
        describe(spry::failure("Order.NotFound", "there is no order 7"), memory);
    EXPECT_EQ(
        spry::write_error_document(report, memory),
        R"({"errorMessage":"there is no order 7","errorType":"Order.NotFound","stackTrace":[]})");
    EXPECT_EQ(error_type_name{report.type}.text(), "Function.OrderNotFound");
}

// Whether it is JSON, and no byte of it is left over.
bool is_json(std::string_view text) {
    return !spry::json::find_syntax_error(text);
}

bool is_printable_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// runtime-contract 11.5, 1.6
TEST(contract_11_5, every_byte_in_a_message_and_a_type_is_valid_json) {
    for (int first = 0; first < 256; ++first) {
        for (const int second : {-1, 0, 0x22, 0x5c, 0x7f, 0x80, 0xbf, 0xc3, 0xe2, 0xf0, 0xff}) {
            arena memory;
            std::string text(1, static_cast<char>(first));
            if (second >= 0)
                text.push_back(static_cast<char>(second));
            const std::vector<std::string_view> stack{text};
            const error_report cause{text, text};
            const error_report report{text, text, stack, &cause};
            const std::string_view document = spry::write_error_document(report, memory);
            EXPECT_TRUE(is_json(document)) << first << ' ' << second << ' ' << document;
            EXPECT_TRUE(spry::utf8::is_valid(document)) << document;
            const std::string_view header = spry::write_xray_cause(report, memory);
            EXPECT_TRUE(is_json(header)) << header;
            EXPECT_TRUE(is_printable_ascii(header)) << header;
        }
    }
}

TEST(contract_11_5, the_xray_header_is_bounded_whatever_was_thrown) {
    for (const std::string_view unit :
         {"a", "\x01", "\xff", "\"", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
        arena memory;
        std::string text;
        while (text.size() < 200'000)
            text += unit;
        const std::vector<std::string_view> stack(17, "0x1234567812345678");
        const error_report third{text, text, stack};
        const error_report second{text, text, stack, &third};
        const error_report first{text, text, stack, &second};
        const std::string_view header = spry::write_xray_cause(first, memory);
        EXPECT_LE(header.size(), spry::runtime_api::xray_cause_size_max);
        EXPECT_TRUE(is_json(header)) << header;
        EXPECT_TRUE(is_printable_ascii(header));
    }
}

TEST(contract_1_6, the_xray_header_says_where_what_and_why) {
    arena memory;
    const std::vector<std::string_view> stack{"0x1000"};
    const error_report cause{"int", "42"};
    const std::string_view header = spry::write_xray_cause(
        {"std::runtime_error", "caf\xc3\xa9 \xf0\x9f\x98\x80", stack, &cause}, memory);
    EXPECT_TRUE(header.starts_with(R"({"working_directory":"/)")) << header;
    EXPECT_NE(header.find(R"("exceptions":[{"message":"caf\u00e9 \ud83d\ude00",)"
                          R"("type":"std::runtime_error","stack":[{"path":")"),
              std::string_view::npos)
        << header;
    EXPECT_TRUE(header.ends_with(R"("line":0,"label":"0x1000"}]},)"
                                 R"({"message":"42","type":"int","stack":[]}],"paths":[]})"))
        << header;
}

} // namespace
