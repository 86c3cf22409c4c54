// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/environment.hpp>

#include <charconv>
#include <cstdlib>

namespace spry {

namespace {

std::string_view variable(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

// Zero for what is none.
std::uint32_t number(const char* name) noexcept {
    const std::string_view text = variable(name);
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

} // namespace

environment read_environment() noexcept {
    environment read;
    read.runtime_api = variable("AWS_LAMBDA_RUNTIME_API");
    read.handler = variable("_HANDLER");
    read.function_name = variable("AWS_LAMBDA_FUNCTION_NAME");
    read.function_version = variable("AWS_LAMBDA_FUNCTION_VERSION");
    read.memory_size_mib = number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    read.log_group = variable("AWS_LAMBDA_LOG_GROUP_NAME");
    read.log_stream = variable("AWS_LAMBDA_LOG_STREAM_NAME");
    read.task_root = variable("LAMBDA_TASK_ROOT");
    read.log_level = variable("AWS_LAMBDA_LOG_LEVEL");
    read.log_format = variable("AWS_LAMBDA_LOG_FORMAT");
    read.telemetry_log_fd = variable("_LAMBDA_TELEMETRY_LOG_FD");
    read.telemetry_log_socket = variable("_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET");
    read.initialization_type = variable("AWS_LAMBDA_INITIALIZATION_TYPE");
    read.max_concurrency = number("AWS_LAMBDA_MAX_CONCURRENCY");
    read.pipeline = variable("SPRY_PIPELINE") == "1";
    read.io = variable("SPRY_IO");
    return read;
}

} // namespace spry
