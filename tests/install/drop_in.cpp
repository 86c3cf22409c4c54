// SPDX-License-Identifier: Apache-2.0
// What a user has written before, in C++11.
#include <aws/lambda-runtime/runtime.h>

using namespace aws::lambda_runtime;

static_assert(__cplusplus == 201103L, "a user's standard stays the user's choice");

int main() {
    run_handler([](invocation_request const& request) {
        return invocation_response::success(request.payload, "application/json");
    });
    return 0;
}
