// SPDX-License-Identifier: Apache-2.0
// AWS's own C++ runtime. The first argument says what the function does: `echo` its event as bytes,
// or `behave` as the event says: {"how":"answer"}, "fail", "exit" or "hang".
#include <aws/lambda-runtime/runtime.h>

#include <cstdlib>
#include <string>

#include <unistd.h>

namespace {

using aws::lambda_runtime::invocation_request;
using aws::lambda_runtime::invocation_response;

invocation_response echo(const invocation_request& request) {
    return invocation_response::success(request.payload, "application/json");
}

invocation_response behave(const invocation_request& request) {
    const auto is = [&](const char* how) {
        return request.payload.find(std::string{"\"how\":\""} + how + '"') != std::string::npos;
    };
    if (is("fail"))
        return invocation_response::failure("as asked", "ValueError", "");
    if (is("exit"))
        std::_Exit(3);
    while (is("hang"))
        ::pause();
    return invocation_response::success(R"({"did":"answer","id":")" + request.request_id + "\"}",
                                        "application/json");
}

} // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "echo";
    aws::lambda_runtime::run_handler(what == "behave" ? behave : echo);
}
