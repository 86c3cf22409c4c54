// SPDX-License-Identifier: Apache-2.0
#include <spry/core/arena.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <gtest/gtest.h>

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

TEST(error_document, bounds_the_type_in_the_header) {
    EXPECT_EQ(error_type_name{std::string(1000, 'a')}.text().size(), 128u);
}

} // namespace
