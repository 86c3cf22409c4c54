// SPDX-License-Identifier: Apache-2.0
// What Lambda's variables say about logs, and the process's logs set up by it.
#pragma once

#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/log.hpp>

namespace spry::detail {

struct log_settings {
    log_output output;
    log_level level = log_level::info;
};

/// Level and format. Managed instances collect JSON only (runtime-contract 3.1). An unknown level
/// is INFO, an unknown format text.
log_settings read_log_settings(const environment& variables) noexcept;

/// The process's settings, which the first call takes from its variables:
///
/// - _LAMBDA_TELEMETRY_LOG_FD: records go there, framed; the variable is removed and the descriptor
///   closed on exec, for no child to write into it (4.2).
/// - _LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET: standard output and standard error become a
///   connection each, so that what the function prints arrives as well. That is what each of the
///   processes does that other runtimes have for workers; here all workers share one process, and
///   the two connections.
///
/// A descriptor or a socket that is none is said on standard error, and records go to standard
/// output.
const log_settings& process_log_settings(const environment& variables) noexcept;
const log_settings& process_log_settings() noexcept;

} // namespace spry::detail
