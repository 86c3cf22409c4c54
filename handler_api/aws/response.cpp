// SPDX-License-Identifier: Apache-2.0
#include <aws/lambda-runtime/runtime.h>

#include <spry/core/json_writer.hpp>
#include <spry/handler_api/response.hpp>

#include <memory_resource>

namespace aws::lambda_runtime {

invocation_response invocation_response::success(std::string payload, std::string content_type) {
    invocation_response made;
    made.payload_ = std::move(payload);
    made.content_type_ = std::move(content_type);
    made.success_ = true;
    return made;
}

invocation_response invocation_response::failure(const std::string& error_message,
                                                 const std::string& error_type) {
    return failure(error_message, error_type, std::string{});
}

invocation_response invocation_response::failure(const std::string& error_message,
                                                 const std::string& error_type,
                                                 const std::string& xray_response) {
    spry::json::writer document{*std::pmr::new_delete_resource()};
    document.begin_object();
    document.key("errorMessage");
    document.string(error_message);
    document.key("errorType");
    document.string(error_type);
    document.key("stackTrace");
    document.begin_array();
    document.end_array();
    document.end_object();
    return {std::string{document.text()}, std::string{spry::response::json_type}, false,
            xray_response};
}

} // namespace aws::lambda_runtime
