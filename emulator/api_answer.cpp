// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/api_answer.hpp>

#include <spry/emulator/error_document.hpp>

namespace spry::emulator {

task<> accept_call(http::exchange& exchange, stop_token stop) {
    exchange.add_header("Content-Type", "application/json");
    (void)co_await exchange.respond(202, "{\"status\":\"OK\"}\n", stop);
}

task<> refuse_call(http::exchange& exchange, api_refusal why, stop_token stop) {
    exchange.add_header("Content-Type", "application/json");
    std::string body = error_document(why.type, why.message);
    body += '\n';
    (void)co_await exchange.respond(why.status, body, stop);
}

} // namespace spry::emulator
