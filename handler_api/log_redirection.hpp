// SPDX-License-Identifier: Apache-2.0
// redirect_process_log: for tests, which read what is logged.
#pragma once

#include <spry/handler_api/log.hpp>

namespace spry::detail {

/// The process's records go there from here on. Gives where they went, to be given back. Not while
/// another thread logs.
log_output redirect_process_log(const log_output& to) noexcept;

} // namespace spry::detail
