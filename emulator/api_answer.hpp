// SPDX-License-Identifier: Apache-2.0
// The answers of the Runtime API and its sisters to a call: taken, or refused (runtime
// contract 1.7).
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/http/exchange.hpp>

#include <string>
#include <string_view>

namespace spry::emulator {

/// A call that was refused.
struct api_refusal {
    int status;
    std::string_view type; ///< static text
    std::string message;
};

/// 202 {"status":"OK"}. The exchange outlives the task.
task<> accept_call(http::exchange& exchange, stop_token stop);

/// The refusal's status and error document.
task<> refuse_call(http::exchange& exchange, api_refusal why, stop_token stop);

} // namespace spry::emulator
