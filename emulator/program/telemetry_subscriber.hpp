// SPDX-License-Identifier: Apache-2.0
// telemetry_subscriber: sends events to one who has subscribed, batch by batch.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/program/telemetry_buffer.hpp>
#include <spry/emulator/program/telemetry_request.hpp>
#include <spry/http/client.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/socket.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Takes events at once and sends them in their order, one batch at a time, so that nobody ever
/// waits for a subscriber. Where it does not listen, its events wait until it does; a batch that it
/// refuses, or that breaks off on the way, is lost.
class telemetry_subscriber {
public:
    telemetry_subscriber(io::event_loop& loop, std::string_view name, telemetry_subscription what);

    const std::string& name() const noexcept { return name_; }
    bool wants(telemetry_category what) const noexcept { return what_.wants(what); }

    void add(std::string event);
    void lose(const telemetry_loss& what) noexcept { buffer_.lose(what); }

    /// Sends until stopped. Once.
    task<> run(stop_token stop);
    /// From here on no event waits for others, and none for somebody who listens.
    void hurry_up() noexcept;
    /// Returns when all has been sent, nothing can be sent any more, or `unless` is requested.
    task<> idle(stop_token unless);

private:
    enum class reason : std::uint8_t { more_events, a_listener };
    task<> wait_for(reason what);
    task<result<>> connect(stop_token stop);
    task<result<>> send(telemetry_batch batch, stop_token stop);
    task<result<>> post(std::string_view body, stop_token stop);
    void end_wait() noexcept;

    io::event_loop& loop_;
    const std::string name_;
    const telemetry_subscription what_;
    telemetry_buffer buffer_;
    http::client client_;              // of an HTTP destination
    std::optional<io::socket> stream_; // of a TCP one
    bool served_ = false;              // its connection has
    io::async_event has_events_;
    io::async_event is_idle_;        // nothing is left, or nobody listens
    stop_source* waiting_ = nullptr; // its end, while it waits for `waits_for_`
    reason waits_for_ = reason::more_events;
    bool hurries_ = false;
};

} // namespace spry::emulator
