// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/telemetry_subscriber.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

// Of a subscriber's answer, which says no more than its status.
constexpr std::size_t answer_bytes_max = 64 * 1024;

http::client_options client_options_for_answers() noexcept {
    http::client_options options;
    options.body_bytes_max = answer_bytes_max;
    return options;
}

bool was_closed(const result<http::arrival>& outcome) noexcept {
    return outcome ? *outcome == http::arrival::closed
                   : outcome.error() == std::errc::connection_reset ||
                         outcome.error() == std::errc::broken_pipe;
}

std::string json_array(const std::vector<std::string>& events) {
    std::string text = "[";
    for (const std::string& each : events) {
        if (text.size() > 1)
            text += ',';
        text += each;
    }
    text += ']';
    return text;
}

std::string json_lines(const std::vector<std::string>& events) {
    std::string text;
    for (const std::string& each : events) {
        text += each;
        text += '\n';
    }
    return text;
}

} // namespace

telemetry_subscriber::telemetry_subscriber(io::event_loop& loop, std::string_view name,
                                           telemetry_subscription what)
    : loop_(loop),
      name_(name),
      what_(std::move(what)),
      buffer_(what_.buffering, what_.wants(telemetry_category::platform)),
      client_(loop, what_.to, client_options_for_answers()),
      has_events_(loop),
      is_idle_(loop) {}

void telemetry_subscriber::add(std::string event) {
    buffer_.add(std::move(event));
    is_idle_.reset();
    has_events_.set();
    if (buffer_.is_due() && waits_for_ == reason::more_events)
        end_wait();
}

void telemetry_subscriber::end_wait() noexcept {
    if (waiting_ != nullptr)
        waiting_->request_stop();
}

void telemetry_subscriber::hurry_up() noexcept {
    hurries_ = true;
    end_wait();
}

task<> telemetry_subscriber::idle(stop_token unless) {
    (void)co_await is_idle_.wait(unless);
}

task<> telemetry_subscriber::run(stop_token stop) {
    auto wake = [this] { end_wait(); };
    const stop_callback<decltype(wake)> on_stop{stop, wake};
    while (!stop.stop_requested()) {
        if (buffer_.is_empty()) {
            is_idle_.set();
            has_events_.reset();
            const result<> woken = co_await has_events_.wait(stop);
            if (!woken)
                break;
        }
        if (!hurries_ && !buffer_.is_due())
            co_await wait_for(reason::more_events);
        const result<> connected = co_await connect(stop);
        if (!connected) {
            if (hurries_)
                break;
            co_await wait_for(reason::a_listener);
            continue;
        }
        telemetry_batch batch = buffer_.take();
        const telemetry_loss at_stake = batch.at_stake;
        const result<> sent = co_await send(std::move(batch), stop);
        if (!sent)
            buffer_.lose(at_stake);
    }
    is_idle_.set();
}

// As long as events may wait for others.
task<> telemetry_subscriber::wait_for(reason what) {
    stop_source over;
    waiting_ = &over;
    waits_for_ = what;
    (void)co_await loop_.sleep_for(what_.buffering.timeout, over.token());
    waiting_ = nullptr;
}

task<result<>> telemetry_subscriber::connect(stop_token stop) {
    if (!what_.http_target.empty()) {
        if (client_.is_connected())
            co_return result<>{};
        served_ = false;
        const result<> connected = co_await client_.connect(stop);
        co_return connected;
    }
    if (stream_)
        co_return result<>{};
    result<io::socket> connected = co_await io::socket::connect(loop_, what_.to, stop);
    if (!connected)
        co_return failure(connected.error());
    stream_.emplace(std::move(*connected));
    co_return result<>{};
}

task<result<>> telemetry_subscriber::send(telemetry_batch batch, stop_token stop) {
    if (!what_.http_target.empty()) {
        const std::string body = json_array(batch.events);
        batch.events.clear();
        const result<> posted = co_await post(body, stop);
        co_return posted;
    }
    const std::string lines = json_lines(batch.events);
    batch.events.clear();
    const result<std::size_t> sent =
        co_await stream_->send(std::as_bytes(std::span{lines}), {}, {}, stop);
    if (sent)
        co_return result<>{};
    stream_.reset();
    co_return failure(sent.error());
}

task<result<>> telemetry_subscriber::post(std::string_view body, stop_token stop) {
    constexpr std::array<http::field, 1> headers{{{"Content-Type", "application/json"}}};
    http::simple_request request;
    request.method = "POST";
    request.target = what_.http_target;
    request.headers = headers;
    request.body = std::as_bytes(std::span{body});
    const bool has_served = served_;
    served_ = true;
    http::message answer;
    result<http::arrival> outcome = co_await client_.request(request, &answer, stop);
    // It may have closed the connection meanwhile, as it may whenever nothing is on its way.
    if (has_served && was_closed(outcome)) {
        outcome = co_await client_.request(request, &answer, stop);
    }
    if (!outcome)
        co_return failure(outcome.error());
    if (*outcome != http::arrival::message)
        co_return failure(errc::connection_closed);
    if (!answer.is_success())
        co_return failure(errc::unexpected_message);
    co_return result<>{};
}

} // namespace spry::emulator
