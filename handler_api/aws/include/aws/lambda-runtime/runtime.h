// SPDX-License-Identifier: Apache-2.0
// The API of the blocking C++ runtime, on spry's client (runtime-contract 8.2 and 8.5), for
// functions that were written for it. New functions have spry::run.
#pragma once

#include <aws/http/response.h>
#include <aws/lambda-runtime/outcome.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace aws {
namespace lambda_runtime {

/// One event, and what the Runtime API says about it. What it does not say is empty.
struct invocation_request {
    std::string payload;
    std::string request_id;
    std::string xray_trace_id;
    std::string client_context;   ///< JSON, as it came
    std::string cognito_identity; ///< JSON, as it came
    std::string function_arn;
    std::string content_type; ///< application/json where the Runtime API does not say
    /// When the function times out; `time_point::max()` where the Runtime API does not say.
    std::chrono::time_point<std::chrono::system_clock> deadline;
    std::string tenant_id;

    /// Until the deadline by the wall clock; negative behind it.
    std::chrono::milliseconds get_time_remaining() const;
};

inline std::chrono::milliseconds invocation_request::get_time_remaining() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline -
                                                                 std::chrono::system_clock::now());
}

/// What can be posted: an answer, an error, an init error.
class runtime_response {
public:
    /// `xray_response` is the JSON of the X-Ray cause header, which errors are sent with unless it
    /// is empty.
    runtime_response(const std::string& payload, const std::string& content_type,
                     const std::string& xray_response)
        : payload_(payload), content_type_(content_type), xray_response_(xray_response) {}

    const std::string& get_payload() const { return payload_; }
    const std::string& get_content_type() const { return content_type_; }
    const std::string& get_xray_response() const { return xray_response_; }

protected:
    runtime_response() = default;

    std::string payload_;
    std::string content_type_;
    std::string xray_response_;
};

class invocation_response : public runtime_response {
public:
    /// Any payload, also an error document of one's own (`success` is then false).
    invocation_response(const std::string& payload, const std::string& content_type, bool success)
        : runtime_response(payload, content_type, std::string()), success_(success) {}
    invocation_response(const std::string& payload, const std::string& content_type, bool success,
                        const std::string& xray_response)
        : runtime_response(payload, content_type, xray_response), success_(success) {}

    static invocation_response success(std::string payload, std::string content_type);

    /// `{"errorMessage":...,"errorType":...,"stackTrace":[]}` of type application/json. Bytes that
    /// are no UTF-8 become U+FFFD.
    static invocation_response failure(const std::string& error_message,
                                       const std::string& error_type);
    static invocation_response failure(const std::string& error_message,
                                       const std::string& error_type,
                                       const std::string& xray_response);

    bool is_success() const { return success_; }

private:
    invocation_response() = default;

    bool success_ = false;
};

struct no_result {};

/// One connection to a Runtime API; each call blocks until it has been answered. Not for two
/// threads at once.
class runtime {
public:
    using next_outcome = outcome<invocation_request, aws::http::response_code>;
    using post_outcome = outcome<no_result, aws::http::response_code>;

    /// Where the Runtime API is: `http://127.0.0.1:9001` or `127.0.0.1:9001`, also with a path
    /// behind it. What is none of this fails each call.
    runtime(const std::string& endpoint, const std::string& user_agent);
    runtime(const std::string& endpoint);
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;
    runtime(runtime&&) noexcept;
    runtime& operator=(runtime&&) noexcept;
    ~runtime();

    /// Waits for an event, without a limit. The failure is the status that came instead of 200, or
    /// REQUEST_NOT_MADE where none came, or an event that has no request id.
    next_outcome get_next();

    /// The failure is a status that is no success, or REQUEST_NOT_MADE; nothing is sent twice.
    post_outcome post_success(const std::string& request_id,
                              const invocation_response& handler_response);
    post_outcome post_failure(const std::string& request_id,
                              const invocation_response& handler_response);
    /// Instead of the first `get_next`: the function cannot be initialised.
    post_outcome post_init_error(const runtime_response& init_error_response);

private:
    class connection;

    std::unique_ptr<connection> connection_;
};

/// Takes event after event from where AWS_LAMBDA_RUNTIME_API says, and posts what the handler
/// returns. Returns when the process has been told to end (SIGTERM), when three calls for an event
/// in a row have failed, or when an answer could not be posted, but for one that the Runtime API
/// has refused as too large, too late or unknown: that ends its invocation only. Exceptions of the
/// handler are not caught: they end the process, with a stack trace on standard error. For one
/// thread of a process: a request to end wakes one that waits.
///
/// Without the variable a program that is linked with the emulator becomes its own Lambda, and
/// starts itself again as the function behind it; any other says so and returns.
void run_handler(const std::function<invocation_response(const invocation_request&)>& handler);

} // namespace lambda_runtime
} // namespace aws
