// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/posted_outcome.hpp>

#include <spry/core/base64.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

namespace {

namespace api = spry::runtime_api;

constexpr std::string_view response_mode_header = "Lambda-Runtime-Function-Response-Mode";
constexpr std::string_view streaming_mode = "streaming";
constexpr std::string_view error_cause_type = "application/vnd.aws.lambda.error.cause+json";

} // namespace

bool is_streamed(const http::message& request) noexcept {
    return request.header(response_mode_header) == streaming_mode;
}

bool has_unknown_mode(const http::message& request) noexcept {
    const std::optional<std::string_view> mode = request.header(response_mode_header);
    return mode && *mode != streaming_mode;
}

function_outcome posted_outcome(const http::message& request, runtime_call call) {
    function_outcome outcome;
    outcome.what = call == runtime_call::error ? function_outcome::kind::error
                                               : function_outcome::kind::response;
    const std::string_view streamed_error = request.trailer(api::error_type_header).value_or("");
    if (!streamed_error.empty()) {
        outcome.what = function_outcome::kind::error;
        outcome.type = streamed_error;
        const std::optional<std::string_view> body = request.trailer(api::error_body_header);
        if (body)
            outcome.body = base64::decode(*body, base64::padding::optional).value_or("");
    } else {
        outcome.body = request.text();
        // The cause is for X-Ray, not for the caller.
        if (call == runtime_call::error &&
            request.header_or_empty("Content-Type").starts_with(error_cause_type))
            outcome.body =
                without_member(outcome.body, "errorCause").value_or("\"Invalid error body\"");
    }
    if (outcome.what == function_outcome::kind::error && outcome.body.empty()) {
        const std::string_view type = streamed_error.empty()
                                          ? request.header_or_empty(api::error_type_header)
                                          : streamed_error;
        outcome.body = error_document(type.empty() ? "Runtime.Unknown" : type, "");
    }
    return outcome;
}

function_outcome too_large_outcome(const http::message& request, std::uint64_t bytes_max) {
    const std::uint64_t size =
        request.framing() == http::body_framing::length ? request.content_length() : bytes_max + 1;
    return function_outcome::failed(function_outcome::cause::too_large,
                                    "Function.ResponseSizeTooLarge",
                                    "Response payload size (" + std::to_string(size) +
                                        " bytes) exceeded maximum allowed payload size (" +
                                        std::to_string(bytes_max) + " bytes).");
}

} // namespace spry::emulator
