// SPDX-License-Identifier: Apache-2.0
// runtime_api: the back door, which one environment's runtime talks to (runtime contract 1).
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/api_answer.hpp>
#include <spry/emulator/environment.hpp>
#include <spry/http/exchange.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace spry::emulator {

/// Translates HTTP into calls of the environment and its answers back; knows no state itself.
class runtime_api final : public http::request_handler {
public:
    /// The environment outlives it.
    explicit runtime_api(environment& of) noexcept : environment_(of) {}

    task<> handle(http::exchange& exchange) override;

private:
    task<> next(http::exchange* exchange);
    task<> wait_for_event(http::exchange* exchange, environment::next_call* call);
    task<> watch_peer(http::exchange* exchange, environment::next_call* call, stop_source* over);
    task<> send_event(http::exchange* exchange, std::string id);
    task<> answer(http::exchange* exchange, std::string id, runtime_call call);
    task<> stream(http::exchange* exchange, std::string id, response_stream* to);
    task<result<>> pass_on(http::exchange* exchange, std::string_view id);
    task<> init_error(http::exchange* exchange);
    task<> accept(http::exchange* exchange) {
        return accept_call(*exchange, environment_.ending());
    }
    task<> refuse(http::exchange* exchange, api_refusal why) {
        return refuse_call(*exchange, std::move(why), environment_.ending());
    }

    environment& environment_;
};

} // namespace spry::emulator
