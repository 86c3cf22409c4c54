// SPDX-License-Identifier: Apache-2.0
// Everything that a handler is told, and what may be done with outcomes and HTTP responses.
#include <aws/http/response.h>
#include <aws/lambda-runtime/outcome.h>
#include <aws/lambda-runtime/runtime.h>
#include <aws/lambda-runtime/version.h>

#include <chrono>
#include <string>

using aws::lambda_runtime::invocation_request;
using aws::lambda_runtime::invocation_response;
using aws::lambda_runtime::outcome;

namespace {

struct refusal {
    aws::http::response_code code;
};

outcome<std::string, refusal> describe(const invocation_request& request) {
    if (request.payload == "\"refuse\"")
        return refusal{aws::http::response_code::IM_A_TEAPOT};
    using std::chrono::milliseconds;
    const bool has_time = request.get_time_remaining() > milliseconds(0) &&
                          request.deadline > std::chrono::system_clock::now();
    return std::string(request.request_id.empty() ? "no id" : "id") +
           (request.function_arn.empty() ? "" : " arn") +
           (request.xray_trace_id.empty() ? "" : " trace") +
           (request.client_context.empty() ? "" : " client") +
           (request.cognito_identity.empty() ? "" : " cognito") +
           (request.tenant_id.empty() ? "" : " tenant") + (has_time ? " time " : " late ") +
           request.content_type + " version " + aws::lambda_runtime::get_version();
}

invocation_response handle(const invocation_request& request) {
    aws::http::response made;
    outcome<std::string, refusal> described = describe(request);
    if (!described.is_success()) {
        made.set_response_code(described.get_failure().code);
        return invocation_response::failure(
            "refused with " + std::to_string(static_cast<int>(made.get_response_code())),
            "Refused");
    }
    made.set_response_code(aws::http::response_code::OK);
    made.add_header("X-Kind", "sample");
    made.set_content_type("text/plain");
    const std::string text = std::move(described).get_result();
    made.append_body(text.data(), text.size());
    if (!made.has_header("x-kind") || made.get_header("x-kind").get_result() != "sample")
        return invocation_response::failure("a header is lost", "Lost");
    return invocation_response::success(made.get_body(), made.get_content_type());
}

} // namespace

int main() {
    aws::lambda_runtime::run_handler(handle);
    return 0;
}
