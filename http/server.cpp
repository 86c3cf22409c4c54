// SPDX-License-Identifier: Apache-2.0
#include <spry/http/server.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/http/connection.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace spry::http {

namespace {

constexpr std::chrono::milliseconds watch_interval_min{10};
constexpr std::chrono::milliseconds watch_interval_max{1000};
// While there is nobody to answer for lack of descriptors or memory.
constexpr std::chrono::milliseconds accept_pause{100};
// Behind a request's body, so that a hang-up can be told from more bytes while the handler works.
constexpr std::size_t bytes_behind_request = 1024;

} // namespace

// One connection, in the frame of the coroutine that serves it.
struct server::peer : queue_link {
    peer(server& at, io::unique_fd fd) noexcept
        : owner(at),
          buffer(at.options_.buffer_bytes),
          wire(io::socket{at.loop_, std::move(fd)}, buffer,
               connection_options{message_kind::request, at.options_.head_bytes_max,
                                  at.options_.body_bytes_max, bytes_behind_request}),
          progress_at(at.loop_.now()) {
        owner.peers_.push_back(*this);
        owner.peers_changed_.set();
    }
    ~peer() {
        owner.peers_.remove(*this);
        owner.peers_changed_.set();
    }

    server& owner;
    receive_buffer buffer;
    connection wire;
    message request;
    stop_source stop; // of waits between two requests, and behind the last one
    bool lingers = false;
    std::uint64_t requests = 0; // that have been waited for

    // What the watch has seen last: when it has to change.
    io::time_point progress_at;
    std::uint64_t progress_bytes = 0;
    bool was_idle = true;
    bool was_waiting = false;
    std::uint64_t seen_requests = 0;
    io::time_point request_at{}; // of the request in hand, unless none has begun
};

server::server(io::event_loop& loop, io::listener listener, request_handler& handler,
               const server_options& options) noexcept
    : loop_(loop),
      listener_(std::move(listener)),
      handler_(handler),
      options_(options),
      peers_changed_(loop) {}

task<result<>> server::run(stop_token stop) {
    task_scope connections;
    task_scope watch;
    stop_source watch_stop;
    watch.spawn(watch_timeouts(watch_stop.token()));
    std::error_code broken;
    while (!stop.stop_requested()) {
        if (peers_.size() >= options_.connections_max) {
            peers_changed_.reset();
            const result<> changed = co_await peers_changed_.wait(stop);
            if (!changed)
                break;
            continue;
        }
        result<io::unique_fd> accepted = co_await listener_.accept(stop);
        if (accepted) {
            connections.spawn(serve(std::move(*accepted)));
            continue;
        }
        if (accepted.error() == errc::cancelled)
            break;
        if (accepted.error() == std::errc::connection_aborted)
            continue;
        if (accepted.error() == std::errc::bad_file_descriptor ||
            accepted.error() == std::errc::invalid_argument) {
            broken = accepted.error();
            break;
        }
        const result<> paused = co_await loop_.sleep_for(accept_pause, stop);
        if (!paused)
            break;
    }
    begin_stop();
    co_await connections.join();
    watch_stop.request_stop();
    co_await watch.join();
    if (broken)
        co_return failure(broken);
    co_return result<>{};
}

// Nobody new; who waits for a next request has nothing to lose; the rest see `stopping_` when they
// are done.
void server::begin_stop() {
    stopping_ = true;
    listener_.close();
    for (peer* each = peers_.front(); each != nullptr; each = peers_.next(*each))
        each->stop.request_stop();
}

task<> server::serve(io::unique_fd fd) {
    peer self{*this, std::move(fd)};
    try {
        for (;;) {
            const bool again = co_await serve_one(&self);
            if (!again)
                break;
        }
    } catch (...) {
        // No memory for this connection: it is closed, the others go on.
    }
}

// One request and its answer. False: close.
task<bool> server::serve_one(peer* of) {
    if (stopping_)
        co_return false;
    ++of->requests;
    const result<arrival> read = co_await of->wire.read_head(&of->request, of->stop.token());
    if (!read) {
        const bool malformed = read.error() == errc::malformed_message;
        const bool too_large = read.error() == errc::head_too_large;
        if (malformed || too_large)
            co_await refuse(of, malformed ? 400 : 431);
        co_return false;
    }
    if (*read == arrival::closed)
        co_return false;
    // A request names its host exactly once (RFC 9112 3.2).
    if (!has_one_host(of->request)) {
        co_await refuse(of, 400);
        co_return false;
    }
    const bool again = co_await answer(of);
    of->wire.release();
    co_return again;
}

task<bool> server::answer(peer* of) {
    exchange current{of->wire, of->request, stopping_};
    bool thrown = false;
    try {
        co_await handler_.handle(current);
    } catch (...) {
        thrown = true;
        current.close_after();
    }
    if (!current.has_started()) {
        const int status = thrown ? 500 : current.status_for_silence();
        if (status == 0)
            co_return false;
        (void)co_await current.respond(status);
    }
    if (current.is_broken() || !current.has_finished())
        co_return false;
    if (current.closes()) {
        if (!of->wire.at_message_end())
            co_await linger(of);
        co_return false;
    }
    const bool drained = co_await drain(of);
    co_return drained;
}

// What is left of a request that was answered before it was read; little, else the exchange closes.
task<bool> server::drain(peer* of) {
    while (!of->wire.at_message_end()) {
        const auto piece = co_await of->wire.read_some(&of->request, of->stop.token());
        if (!piece)
            co_return false;
    }
    co_return true;
}

task<> server::refuse(peer* of, int status) {
    inline_head_builder head;
    head.status_line(status).content_length(0).known_header("Connection", "close").end_head();
    const result<std::size_t> sent = co_await of->wire.send(head);
    if (sent)
        co_await linger(of);
}

// Closing while the peer still sends would reset the connection, and with it the answer that is on
// its way. So we end our side, and listen until the peer has ended its own.
task<> server::linger(peer* of) {
    of->lingers = true;
    of->progress_at = loop_.now();
    of->wire.stream().shutdown_send();
    std::array<std::byte, 2048> discarded;
    std::size_t total = 0;
    while (total < lingering_bytes_max) {
        const result<std::size_t> received =
            co_await of->wire.stream().recv(discarded, of->stop.token());
        if (!received || *received == 0)
            break;
        total += *received;
    }
}

// Looks at all connections from time to time and cuts those off whose peer has been silent for too
// long: cheaper than a timer for each wait, and no race with what arrives.
task<> server::watch_timeouts(stop_token stop) {
    std::chrono::milliseconds interval = watch_interval_max;
    for (const auto timeout :
         {options_.idle_timeout, options_.read_timeout, options_.request_timeout}) {
        if (timeout.count() > 0)
            interval = std::clamp(timeout / 4, watch_interval_min, interval);
    }
    while (!stop.stop_requested()) {
        if (peers_.empty()) {
            peers_changed_.reset();
            const result<> changed = co_await peers_changed_.wait(stop);
            if (!changed)
                break;
        }
        const result<> slept = co_await loop_.sleep_for(interval, stop);
        if (!slept)
            break;
        for (peer* each = peers_.front(); each != nullptr; each = peers_.next(*each)) {
            if (is_overdue(*each))
                each->wire.stream().shutdown_both();
        }
    }
}

bool server::is_overdue(peer& of) noexcept {
    const io::time_point now = loop_.now();
    if (of.lingers)
        return now - of.progress_at >= linger_timeout;
    // A wait that is new, or that has got on, starts again.
    const bool is_idle = of.wire.is_idle();
    const bool is_waiting = of.wire.is_waiting();
    const bool got_on = of.progress_bytes != of.wire.bytes_received() || of.was_idle != is_idle ||
                        of.was_waiting != is_waiting;
    of.progress_bytes = of.wire.bytes_received();
    of.was_idle = is_idle;
    of.was_waiting = is_waiting;
    if (got_on)
        of.progress_at = now;
    if (is_idle || of.seen_requests != of.requests)
        of.request_at = now;
    of.seen_requests = of.requests;
    if (!is_waiting)
        return false;
    if (!is_idle && options_.request_timeout.count() > 0 &&
        now - of.request_at >= options_.request_timeout)
        return true;
    const std::chrono::milliseconds allowed =
        is_idle ? options_.idle_timeout : options_.read_timeout;
    return allowed.count() > 0 && now - of.progress_at >= allowed;
}

} // namespace spry::http
