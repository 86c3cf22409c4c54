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

} // namespace

environment read_environment() noexcept {
    environment read;
    read.runtime_api = variable("AWS_LAMBDA_RUNTIME_API");
    read.handler = variable("_HANDLER");
    read.function_name = variable("AWS_LAMBDA_FUNCTION_NAME");
    read.function_version = variable("AWS_LAMBDA_FUNCTION_VERSION");
    const std::string_view memory = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    std::from_chars(memory.data(), memory.data() + memory.size(), read.memory_size_mib);
    read.log_group = variable("AWS_LAMBDA_LOG_GROUP_NAME");
    read.log_stream = variable("AWS_LAMBDA_LOG_STREAM_NAME");
    read.task_root = variable("LAMBDA_TASK_ROOT");
    read.log_level = variable("AWS_LAMBDA_LOG_LEVEL");
    read.pipeline = variable("SPRY_PIPELINE") == "1";
    read.io = variable("SPRY_IO");
    return read;
}

} // namespace spry
