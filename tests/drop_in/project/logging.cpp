// SPDX-License-Identifier: Apache-2.0
// Logs at a level of its own.
#define AWS_LAMBDA_LOG 1
#include <aws/lambda-runtime/runtime.h>
#include <aws/logging/logging.h>

using namespace aws::lambda_runtime;

static invocation_response handle(const invocation_request& request) {
    aws::logging::log_error("demo", "%d bytes", static_cast<int>(request.payload.size()));
    aws::logging::log_info("demo", "of %s", request.content_type.c_str());
    aws::logging::log_debug("demo", "never %d", 1);
    return invocation_response::success("{}", "application/json");
}

int main() {
    run_handler(handle);
    return 0;
}
