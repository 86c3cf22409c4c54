// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/event_stream_answer.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace spry::emulator {

event_stream_answer::event_stream_answer(http::exchange& to, io::event_loop& loop,
                                         stop_token give_up)
    : to_(to), patience_(loop, give_up) {}

void event_stream_answer::start() {
    if (!to_.has_started())
        to_.start_response(200);
}

task<bool> event_stream_answer::send_chunk(std::size_t payload_bytes) {
    patience_.begin();
    const result<> sent = co_await to_.write(chunk_.seal(payload_bytes), patience_.token());
    patience_.pause();
    co_return sent.has_value();
}

task<> event_stream_answer::pass_on(response_stream* from) {
    start();
    // The caller learns at once that something comes.
    const result<> flushed = co_await to_.flush(patience_.token());
    bool goes_on = flushed.has_value();
    while (goes_on) {
        const result<std::size_t> count = co_await from->read(chunk_.room(), patience_.token());
        if (count && *count == 0)
            co_return;
        goes_on = count.has_value();
        if (goes_on)
            goes_on = co_await send_chunk(*count);
    }
    from->abandon();
}

task<> event_stream_answer::send(std::span<const std::byte> response) {
    start();
    bool goes_on = true;
    while (goes_on && !response.empty()) {
        const std::size_t count = std::min(response.size(), chunk_.room().size());
        std::memcpy(chunk_.room().data(), response.data(), count);
        response = response.subspan(count);
        goes_on = co_await send_chunk(count);
    }
}

task<> event_stream_answer::complete(std::string_view details) {
    const std::string message = invoke_complete(details);
    start();
    patience_.begin();
    const result<> sent = co_await to_.write(std::as_bytes(std::span{message}), patience_.token());
    if (sent)
        (void)co_await to_.finish(patience_.token());
    co_await patience_.end();
}

} // namespace spry::emulator
