// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/send_patience.hpp>

#include <spry/core/result.hpp>
#include <spry/http/exchange.hpp>

namespace spry::emulator {

send_patience::send_patience(io::event_loop& loop, stop_token give_up)
    : loop_(loop), on_give_up_(give_up, request_stop{&sending_}), since_(loop.now()) {
    scope_.spawn(watch());
}

task<> send_patience::watch() {
    const stop_token over = over_.token();
    while (true) {
        const io::time_point end = (is_sending_ ? since_ : loop_.now()) + answer_send_max;
        const result<> slept = co_await loop_.sleep_until(end, over);
        if (!slept)
            co_return;
        if (is_sending_ && loop_.now() >= since_ + answer_send_max) {
            sending_.request_stop();
            co_return;
        }
    }
}

task<> send_patience::end() {
    over_.request_stop();
    co_await scope_.join();
}

task<> respond_patiently(http::exchange* exchange, int status, std::string_view body,
                         io::event_loop* loop, stop_token give_up) {
    send_patience patience{*loop, give_up};
    patience.begin();
    (void)co_await exchange->respond(status, body, patience.token());
    co_await patience.end();
}

} // namespace spry::emulator
