// SPDX-License-Identifier: Apache-2.0
// A loop of one's own over the class `runtime`, without exceptions and RTTI.
#include <aws/lambda-runtime/runtime.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace aws::lambda_runtime;

int main() {
    const char* const endpoint = std::getenv("AWS_LAMBDA_RUNTIME_API");
    if (endpoint == nullptr) {
        std::fputs("AWS_LAMBDA_RUNTIME_API is not set\n", stderr);
        return 1;
    }
    runtime api(std::string("http://") + endpoint, "manual/1.0");
    if (std::getenv("FAIL_INIT") != nullptr) {
        const runtime::post_outcome told = api.post_init_error(
            runtime_response("{\"errorMessage\":\"no table\",\"errorType\":\"Init\"}",
                             "application/json", "{\"message\":\"no table\"}"));
        return told.is_success() ? 3 : 4;
    }
    for (;;) {
        const runtime::next_outcome next = api.get_next();
        if (!next.is_success())
            return next.get_failure() == aws::http::response_code::REQUEST_NOT_MADE ? 5 : 6;
        const invocation_request& request = next.get_result();
        const invocation_response answer =
            request.payload == "\"fail\""
                ? invocation_response::failure("asked to", "Asked", "{\"message\":\"asked to\"}")
                : invocation_response(request.payload, request.content_type, true);
        const runtime::post_outcome posted = answer.is_success()
                                                 ? api.post_success(request.request_id, answer)
                                                 : api.post_failure(request.request_id, answer);
        if (!posted.is_success())
            return 7;
    }
}
