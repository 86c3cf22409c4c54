// SPDX-License-Identifier: Apache-2.0
// runtime-contract 8.2: what is handed to a handler, and what it returns.
#include <aws/lambda-runtime/runtime.h>
#include <aws/lambda-runtime/version.h>

#include <spry/core/json_syntax.hpp>
#include <spry/core/utf8.hpp>
#include <spry/handler_api/version.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <type_traits>

namespace {

using namespace aws::lambda_runtime;
using namespace std::chrono_literals;

TEST(contract_8_2, an_invocation_request_is_an_aggregate_in_its_order) {
    static_assert(std::is_aggregate_v<invocation_request>);
    const std::chrono::time_point<std::chrono::system_clock> when{5s};
    const invocation_request made{"payload", "id",   "trace", "client", "cognito",
                                  "arn",     "type", when,    "tenant"};
    EXPECT_EQ(made.payload, "payload");
    EXPECT_EQ(made.request_id, "id");
    EXPECT_EQ(made.xray_trace_id, "trace");
    EXPECT_EQ(made.client_context, "client");
    EXPECT_EQ(made.cognito_identity, "cognito");
    EXPECT_EQ(made.function_arn, "arn");
    EXPECT_EQ(made.content_type, "type");
    EXPECT_EQ(made.deadline, when);
    EXPECT_EQ(made.tenant_id, "tenant");
    EXPECT_EQ(invocation_request{}.deadline.time_since_epoch(), 0s);
}

TEST(contract_8_2, get_time_remaining_is_truncated_and_may_be_negative) {
    invocation_request request;
    static_assert(
        std::is_same_v<decltype(request.get_time_remaining()), std::chrono::milliseconds>);
    EXPECT_LT(request.get_time_remaining(), 0ms);
    request.deadline = std::chrono::system_clock::now() + 1h;
    EXPECT_GT(request.get_time_remaining(), 0ms);
    EXPECT_LE(request.get_time_remaining(), 1h);
}

TEST(contract_8_2, an_invocation_response_has_full_control) {
    static_assert(!std::is_default_constructible_v<invocation_response>);
    const invocation_response made{"{\"custom\":true}", "application/problem+json", false};
    EXPECT_EQ(made.get_payload(), "{\"custom\":true}");
    EXPECT_EQ(made.get_content_type(), "application/problem+json");
    EXPECT_FALSE(made.is_success());
    invocation_response copy = made;
    invocation_response moved = std::move(copy);
    copy = moved;
    EXPECT_EQ(copy.get_payload(), made.get_payload());
    static_assert(std::is_same_v<decltype(made.get_payload()), const std::string&>);
    static_assert(std::is_same_v<decltype(made.get_content_type()), const std::string&>);
}

TEST(contract_8_2, success_takes_a_payload_and_its_type) {
    const invocation_response made = invocation_response::success("bytes", "image/png");
    EXPECT_TRUE(made.is_success());
    EXPECT_EQ(made.get_payload(), "bytes");
    EXPECT_EQ(made.get_content_type(), "image/png");
}

TEST(contract_8_2, failure_is_an_error_document) {
    const invocation_response made =
        invocation_response::failure("a \"quoted\"\nline \\ tab\t", "Type<\x01>");
    EXPECT_FALSE(made.is_success());
    EXPECT_EQ(made.get_content_type(), "application/json");
    EXPECT_EQ(made.get_payload(),
              R"({"errorMessage":"a \"quoted\"\nline \\ tab\t","errorType":"Type<\u0001>",)"
              R"("stackTrace":[]})");
}

TEST(contract_8_2, the_patched_variants_carry_an_x_ray_cause) {
    const invocation_response full{"p", "t", true, "{\"x\":1}"};
    EXPECT_EQ(full.get_xray_response(), "{\"x\":1}");
    EXPECT_TRUE(full.is_success());
    const invocation_response failed = invocation_response::failure("m", "T", "{\"x\":2}");
    EXPECT_EQ(failed.get_xray_response(), "{\"x\":2}");
    EXPECT_EQ(failed.get_payload(), invocation_response::failure("m", "T").get_payload());
    EXPECT_EQ(invocation_response::success("p", "t").get_xray_response(), "");
    static_assert(std::is_base_of_v<runtime_response, invocation_response>);
}

TEST(contract_8_2, the_rest_has_its_exact_form) {
    static_assert(std::is_empty_v<no_result>);
    using code = aws::http::response_code;
    static_assert(std::is_same_v<runtime::next_outcome, outcome<invocation_request, code>>);
    static_assert(std::is_same_v<runtime::post_outcome, outcome<no_result, code>>);
    static_assert(std::is_convertible_v<const std::string&, runtime>);
    static_assert(std::is_constructible_v<runtime, const std::string&, const std::string&>);
    using post = runtime::post_outcome (runtime::*)(const std::string&, const invocation_response&);
    static_assert(
        std::is_same_v<decltype(&runtime::get_next), runtime::next_outcome (runtime::*)()>);
    static_assert(std::is_same_v<decltype(&runtime::post_success), post>);
    static_assert(std::is_same_v<decltype(&runtime::post_failure), post>);
    static_assert(std::is_same_v<decltype(&runtime::post_init_error),
                                 runtime::post_outcome (runtime::*)(const runtime_response&)>);
    using handler = std::function<invocation_response(const invocation_request&)>;
    static_assert(std::is_same_v<decltype(&run_handler), void (*)(const handler&)>);
}

TEST(contract_8_2, the_version_is_that_of_the_project) {
    const std::string parts = std::to_string(get_version_major()) + "." +
                              std::to_string(get_version_minor()) + "." +
                              std::to_string(get_version_patch());
    EXPECT_EQ(get_version(), parts);
    EXPECT_EQ(parts, spry::version);
    EXPECT_EQ(get_version_major(), 0U);
}

// --- 8.6 ---------------------------------------------------------------------------------------

TEST(contract_8_6, utf_8_of_an_error_stays_what_it_is) {
    const invocation_response made = invocation_response::failure("メッセージ ü", "Тип");
    EXPECT_EQ(made.get_payload(),
              R"({"errorMessage":"メッセージ ü","errorType":"Тип","stackTrace":[]})");
}

TEST(contract_8_6, every_byte_of_an_error_gives_valid_json) {
    for (int byte = 0; byte != 256; ++byte) {
        const std::string message{'a', static_cast<char>(byte), 'b'};
        const std::string payload = invocation_response::failure(message, message).get_payload();
        EXPECT_FALSE(spry::json::find_syntax_error(payload)) << byte << ": " << payload;
        EXPECT_TRUE(spry::utf8::is_valid(payload)) << byte;
        EXPECT_EQ(payload.find("\\uffff"), std::string::npos) << byte;
    }
}

TEST(contract_8_6, a_runtime_cannot_be_copied) {
    static_assert(!std::is_copy_constructible_v<runtime>);
    static_assert(!std::is_copy_assignable_v<runtime>);
    static_assert(std::is_nothrow_move_constructible_v<runtime>);
    SUCCEED();
}

} // namespace
