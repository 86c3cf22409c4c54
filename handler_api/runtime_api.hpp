// SPDX-License-Identifier: Apache-2.0
// The Runtime API's words: paths, header names and limits, as runtime-contract 1 has them. Shared
// by the client here and by the emulator, which speaks the other side.
#pragma once

#include <cstddef>
#include <string_view>

namespace spry::runtime_api {

inline constexpr std::string_view version_prefix = "/2018-06-01";
inline constexpr std::string_view next_path = "/2018-06-01/runtime/invocation/next";
inline constexpr std::string_view invocation_prefix = "/2018-06-01/runtime/invocation/";
inline constexpr std::string_view response_suffix = "/response";
inline constexpr std::string_view error_suffix = "/error";
inline constexpr std::string_view init_error_path = "/2018-06-01/runtime/init/error";
inline constexpr std::string_view restore_next_path = "/2018-06-01/runtime/restore/next";
inline constexpr std::string_view restore_error_path = "/2018-06-01/runtime/restore/error";

inline constexpr std::string_view extension_register_path = "/2020-01-01/extension/register";
inline constexpr std::string_view extension_next_path = "/2020-01-01/extension/event/next";
inline constexpr std::string_view extension_name_header = "Lambda-Extension-Name";
inline constexpr std::string_view extension_identifier_header = "Lambda-Extension-Identifier";

inline constexpr std::string_view request_id_header = "Lambda-Runtime-Aws-Request-Id";
inline constexpr std::string_view deadline_header = "Lambda-Runtime-Deadline-Ms";
inline constexpr std::string_view function_arn_header = "Lambda-Runtime-Invoked-Function-Arn";
inline constexpr std::string_view trace_id_header = "Lambda-Runtime-Trace-Id";
inline constexpr std::string_view client_context_header = "Lambda-Runtime-Client-Context";
inline constexpr std::string_view cognito_identity_header = "Lambda-Runtime-Cognito-Identity";
inline constexpr std::string_view tenant_id_header = "Lambda-Runtime-Aws-Tenant-Id";
inline constexpr std::string_view error_type_header = "Lambda-Runtime-Function-Error-Type";
inline constexpr std::string_view xray_cause_header = "Lambda-Runtime-Function-XRay-Error-Cause";
/// A trailer: the error document in base64.
inline constexpr std::string_view error_body_header = "Lambda-Runtime-Function-Error-Body";

/// Bytes of an event and of a buffered response: 6 MiB and 100 (runtime-contract 1.3, 1.5).
inline constexpr std::size_t payload_size_max = 6'291'556;
/// Bytes of an error document.
inline constexpr std::size_t error_document_size_max = 1024 * 1024;
/// Bytes of the X-Ray header: far below what the service takes, since servers limit a head as a
/// whole.
inline constexpr std::size_t xray_cause_size_max = 32 * 1024;
/// Bytes of a streamed response (runtime-contract 2.4).
inline constexpr std::size_t streamed_size_max = 200 * 1024 * 1024;
/// Bytes of a chunked body's trailers with the empty line that ends them: what a server of Go's
/// standard library takes, whose Runtime APIs refuse the whole request where there are more.
inline constexpr std::size_t trailers_size_max = 4096;

} // namespace spry::runtime_api
