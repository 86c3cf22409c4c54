// SPDX-License-Identifier: Apache-2.0
// send_patience: how long an answer waits for a caller that does not fetch it.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <string_view>

namespace spry::http {
class exchange;
}

namespace spry::emulator {

/// How long a caller may take to receive what does not fit into the kernel's buffers: an answer, or
/// one piece of a stream.
inline constexpr std::chrono::seconds answer_send_max{120};

/// Stops what is being sent when its time is over:
///
///     send_patience patience{loop, give_up};
///     patience.begin();
///     const result<> sent = co_await exchange->write(piece, patience.token());
///     patience.pause();
///     ...
///     co_await patience.end();
class send_patience {
public:
    /// `give_up` stops it earlier.
    send_patience(io::event_loop& loop, stop_token give_up);
    send_patience(const send_patience&) = delete;
    send_patience& operator=(const send_patience&) = delete;

    stop_token token() noexcept { return sending_.token(); }
    /// Something is sent from now on.
    void begin() noexcept {
        since_ = loop_.now();
        is_sending_ = true;
    }
    /// Nothing is, and nobody is waited for but the function.
    void pause() noexcept { is_sending_ = false; }
    /// Awaited before the object ends.
    task<> end();

private:
    struct request_stop {
        stop_source* of;
        void operator()() const noexcept { of->request_stop(); }
    };

    task<> watch();

    io::event_loop& loop_;
    stop_source sending_;
    stop_source over_;
    stop_callback<request_stop> on_give_up_;
    io::time_point since_;
    bool is_sending_ = false;
    task_scope scope_;
};

/// Sends a whole answer with that patience. `body` outlives the task.
task<> respond_patiently(http::exchange* exchange, int status, std::string_view body,
                         io::event_loop* loop, stop_token give_up);

} // namespace spry::emulator
