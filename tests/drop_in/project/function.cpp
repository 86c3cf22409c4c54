// SPDX-License-Identifier: Apache-2.0
// Several handlers in one binary, chosen by _HANDLER: what runtime-contract 8.7 has tested.
#include <aws/lambda-runtime/runtime.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

using namespace aws::lambda_runtime;

namespace {

invocation_response echo_success(const invocation_request& request) {
    return invocation_response::success(request.payload, "application/json");
}

invocation_response echo_unicode(const invocation_request&) {
    return invocation_response::success("\"画像は白い猫です\"", "application/json");
}

invocation_response echo_failure(const invocation_request&) {
    return invocation_response::failure("Test error message", "TestErrorType");
}

// 1451 bytes of every value.
invocation_response binary_response(const invocation_request&) {
    std::string image;
    for (int i = 0; i < 1451; ++i)
        image.push_back(static_cast<char>(i % 256));
    return invocation_response::success(image, "image/png");
}

invocation_response custom_error(const invocation_request&) {
    return invocation_response("{\"errorMessage\":\"mine\",\"errorType\":\"Own\",\"code\":7}",
                               "application/json", false);
}

invocation_response crash(const invocation_request&) {
    throw std::runtime_error("barf");
}

} // namespace

int main() {
    std::map<std::string, std::function<invocation_response(const invocation_request&)>> handlers;
    handlers.emplace("echo_success", echo_success);
    handlers.emplace("echo_unicode", echo_unicode);
    handlers.emplace("echo_failure", echo_failure);
    handlers.emplace("binary_response", binary_response);
    handlers.emplace("custom_error", custom_error);
    handlers.emplace("crash", crash);
    const char* const name = std::getenv("_HANDLER");
    const auto found = handlers.find(name == nullptr ? "" : name);
    if (found == handlers.end())
        return -2;
    run_handler(found->second);
    return 0;
}
