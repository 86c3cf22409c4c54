// SPDX-License-Identifier: Apache-2.0
// runtime-contract 8.3: aws::http.
#include <aws/http/response.h>

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <type_traits>

namespace {

using aws::http::response;
using aws::http::response_code;

const struct {
    response_code code;
    int number;
} table[] = {
    {response_code::REQUEST_NOT_MADE, -1},
    {response_code::CONTINUE, 100},
    {response_code::SWITCHING_PROTOCOLS, 101},
    {response_code::PROCESSING, 102},
    {response_code::OK, 200},
    {response_code::CREATED, 201},
    {response_code::ACCEPTED, 202},
    {response_code::NON_AUTHORITATIVE_INFORMATION, 203},
    {response_code::NO_CONTENT, 204},
    {response_code::RESET_CONTENT, 205},
    {response_code::PARTIAL_CONTENT, 206},
    {response_code::MULTI_STATUS, 207},
    {response_code::ALREADY_REPORTED, 208},
    {response_code::IM_USED, 226},
    {response_code::MULTIPLE_CHOICES, 300},
    {response_code::MOVED_PERMANENTLY, 301},
    {response_code::FOUND, 302},
    {response_code::SEE_OTHER, 303},
    {response_code::NOT_MODIFIED, 304},
    {response_code::USE_PROXY, 305},
    {response_code::SWITCH_PROXY, 306},
    {response_code::TEMPORARY_REDIRECT, 307},
    {response_code::PERMANENT_REDIRECT, 308},
    {response_code::BAD_REQUEST, 400},
    {response_code::UNAUTHORIZED, 401},
    {response_code::PAYMENT_REQUIRED, 402},
    {response_code::FORBIDDEN, 403},
    {response_code::NOT_FOUND, 404},
    {response_code::METHOD_NOT_ALLOWED, 405},
    {response_code::NOT_ACCEPTABLE, 406},
    {response_code::PROXY_AUTHENTICATION_REQUIRED, 407},
    {response_code::REQUEST_TIMEOUT, 408},
    {response_code::CONFLICT, 409},
    {response_code::GONE, 410},
    {response_code::LENGTH_REQUIRED, 411},
    {response_code::PRECONDITION_FAILED, 412},
    {response_code::REQUEST_ENTITY_TOO_LARGE, 413},
    {response_code::REQUEST_URI_TOO_LONG, 414},
    {response_code::UNSUPPORTED_MEDIA_TYPE, 415},
    {response_code::REQUESTED_RANGE_NOT_SATISFIABLE, 416},
    {response_code::EXPECTATION_FAILED, 417},
    {response_code::IM_A_TEAPOT, 418},
    {response_code::AUTHENTICATION_TIMEOUT, 419},
    {response_code::METHOD_FAILURE, 420},
    {response_code::UNPROC_ENTITY, 422},
    {response_code::LOCKED, 423},
    {response_code::FAILED_DEPENDENCY, 424},
    {response_code::UPGRADE_REQUIRED, 426},
    {response_code::PRECONDITION_REQUIRED, 427},
    {response_code::TOO_MANY_REQUESTS, 429},
    {response_code::REQUEST_HEADER_FIELDS_TOO_LARGE, 431},
    {response_code::LOGIN_TIMEOUT, 440},
    {response_code::NO_RESPONSE, 444},
    {response_code::RETRY_WITH, 449},
    {response_code::BLOCKED, 450},
    {response_code::REDIRECT, 451},
    {response_code::REQUEST_HEADER_TOO_LARGE, 494},
    {response_code::CERT_ERROR, 495},
    {response_code::NO_CERT, 496},
    {response_code::HTTP_TO_HTTPS, 497},
    {response_code::CLIENT_CLOSED_TO_REQUEST, 499},
    {response_code::INTERNAL_SERVER_ERROR, 500},
    {response_code::NOT_IMPLEMENTED, 501},
    {response_code::BAD_GATEWAY, 502},
    {response_code::SERVICE_UNAVAILABLE, 503},
    {response_code::GATEWAY_TIMEOUT, 504},
    {response_code::HTTP_VERSION_NOT_SUPPORTED, 505},
    {response_code::VARIANT_ALSO_NEGOTIATES, 506},
    {response_code::INSUFFICIENT_STORAGE, 507},
    {response_code::LOOP_DETECTED, 508},
    {response_code::BANDWIDTH_LIMIT_EXCEEDED, 509},
    {response_code::NOT_EXTENDED, 510},
    {response_code::NETWORK_AUTHENTICATION_REQUIRED, 511},
    {response_code::NETWORK_READ_TIMEOUT, 598},
    {response_code::NETWORK_CONNECT_TIMEOUT, 599},
};

TEST(contract_8_3, every_response_code_has_its_number) {
    static_assert(std::is_same_v<std::underlying_type_t<response_code>, int>);
    std::set<int> numbers;
    for (const auto& [code, number] : table) {
        EXPECT_EQ(static_cast<int>(code), number);
        numbers.insert(number);
    }
    EXPECT_EQ(numbers.size(), std::size(table)); // no number twice
}

TEST(contract_8_3, a_response_is_made_empty) {
    const response made;
    EXPECT_EQ(made.get_body(), "");
    EXPECT_EQ(made.get_content_type(), "");
    EXPECT_FALSE(made.has_header("anything"));
}

TEST(contract_8_3, header_names_are_stored_in_lower_case_and_asked_for_so) {
    response made;
    made.add_header("X-Amz-REQUEST-Id", "One Value");
    EXPECT_TRUE(made.has_header("x-amz-request-id"));
    EXPECT_FALSE(made.has_header("X-Amz-REQUEST-Id"));
    EXPECT_EQ(made.get_header("x-amz-request-id").get_result(), "One Value");
}

TEST(contract_8_3, of_headers_with_one_name_the_first_is_given) {
    response made;
    made.add_header("a", "1");
    made.add_header("A", "2");
    EXPECT_EQ(made.get_header("a").get_result(), "1");
}

TEST(contract_8_3, a_header_that_is_not_there_is_the_failure_false) {
    const response made;
    const aws::lambda_runtime::outcome<std::string, bool> missing = made.get_header("a");
    ASSERT_FALSE(missing.is_success());
    EXPECT_FALSE(missing.get_failure());
}

TEST(contract_8_3, a_body_grows_by_what_is_appended) {
    response made;
    made.append_body("a\0b", 3);
    made.append_body("c", 1);
    EXPECT_EQ(made.get_body(), std::string("a\0bc", 4));
    static_assert(std::is_same_v<decltype(made.get_body()), const std::string&>);
}

TEST(contract_8_3, code_and_content_type_are_what_was_set) {
    response made;
    made.set_response_code(response_code::IM_A_TEAPOT);
    made.set_content_type("text/tea");
    EXPECT_EQ(made.get_response_code(), response_code::IM_A_TEAPOT);
    EXPECT_EQ(made.get_content_type(), "text/tea");
}

TEST(contract_8_6, a_content_type_that_is_a_null_pointer_is_an_empty_one) {
    response made;
    made.set_content_type("text/tea");
    made.set_content_type(nullptr);
    EXPECT_EQ(made.get_content_type(), "");
}

} // namespace
