// SPDX-License-Identifier: Apache-2.0
// What Lambda tells a function through environment variables, read once at start.
#pragma once

#include <cstdint>
#include <string_view>

namespace spry {

/// The variables of runtime-contract 4.1 that spry reads. A missing one is empty or zero and never
/// an error. The views point into the process's environment, which nobody changes while `run`
/// lasts.
struct environment {
    std::string_view runtime_api;      ///< AWS_LAMBDA_RUNTIME_API; an empty value counts as unset
    std::string_view handler;          ///< _HANDLER
    std::string_view function_name;    ///< AWS_LAMBDA_FUNCTION_NAME
    std::string_view function_version; ///< AWS_LAMBDA_FUNCTION_VERSION
    std::uint32_t memory_size_mib = 0; ///< AWS_LAMBDA_FUNCTION_MEMORY_SIZE
    std::string_view log_group;        ///< AWS_LAMBDA_LOG_GROUP_NAME
    std::string_view log_stream;       ///< AWS_LAMBDA_LOG_STREAM_NAME
    std::string_view task_root;        ///< LAMBDA_TASK_ROOT
    std::string_view log_level;        ///< AWS_LAMBDA_LOG_LEVEL
    std::string_view log_format;       ///< AWS_LAMBDA_LOG_FORMAT
    std::string_view telemetry_log_fd; ///< _LAMBDA_TELEMETRY_LOG_FD, which is then removed
    std::string_view telemetry_log_socket; ///< _LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET
    std::string_view initialization_type;  ///< AWS_LAMBDA_INITIALIZATION_TYPE
    std::uint32_t max_concurrency = 0;     ///< AWS_LAMBDA_MAX_CONCURRENCY, see below
    bool pipeline = false;                 ///< SPRY_PIPELINE=1: see runtime_client
    std::string_view io;                   ///< SPRY_IO: auto, uring, epoll or direct

    /// What AWS_LAMBDA_MAX_CONCURRENCY is taken as where it says more; 0 where it says nothing or
    /// is no decimal number.
    static constexpr std::uint32_t concurrency_max = 4096;
};

environment read_environment() noexcept;

} // namespace spry
