// SPDX-License-Identifier: Apache-2.0
// The service's side of the Runtime API for a function with many workers: whoever asks for an event
// gets one at once, on as many connections as there are. One thread on epoll.
#pragma once

#include "runtime_api.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A request at the front of what a connection has received.
struct framed_request {
    std::size_t bytes = 0; ///< with head, body and trailers; 0 while it is not whole
    std::string_view method;
    std::string_view target;
    std::string body; ///< without its chunks
};

/// Takes the first request apart; a body comes with a Content-Length, in chunks, or not at all.
/// Throws std::runtime_error for what is none.
framed_request first_request(std::string_view received);

/// Any number of connections behind one loopback port. Answers may come on any of them, in any
/// order: the request id says which event is meant. Each event is answered once, with its own
/// bytes.
class crowd_api {
public:
    /// Events have so many bytes. Throws std::system_error where there is no socket to be had.
    explicit crowd_api(std::size_t event_bytes);
    crowd_api(const crowd_api&) = delete;
    crowd_api& operator=(const crowd_api&) = delete;
    ~crowd_api();

    /// "127.0.0.1:PORT"
    const std::string& address() const noexcept { return address_; }

    /// Serves until `until_ns` of CLOCK_MONOTONIC. Throws std::runtime_error where a function sends
    /// what is no answer to an event of ours, or nothing for ten seconds.
    void serve(std::uint64_t until_ns);

    /// Gives `events` events and no more, then serves until they are answered and `workers` calls
    /// for one wait. Throws as `serve` does, where nothing comes for so many seconds.
    void serve_events(std::uint64_t events, unsigned workers, unsigned seconds);

    /// Invocations answered, and connections made, since the beginning.
    std::uint64_t answered() const noexcept { return answered_; }
    std::uint64_t connected() const noexcept { return connected_; }

    std::string_view event() const { return event_.event(); }

    /// Ends all connections and forgets their events: the next function comes.
    void forget_all();

private:
    struct connection;

    bool serve_ready(int limit_ms);
    void accept_all();
    void receive(connection& from);
    void send(connection& to, std::string_view bytes);
    void take(connection& from, const framed_request& what);
    void give(std::uint64_t events);
    void give_event(connection& to);
    void close(connection& which);

    int listening_ = -1;
    int epoll_ = -1;
    std::string address_;
    event_message event_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<connection*> waiting_; ///< for an event, while there is none to be given
    std::vector<bool> outstanding_;    ///< by number of the event, modulo its size
    std::uint64_t left_ = 0;           ///< events that may still be given
    std::uint64_t number_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t connected_ = 0;
};

} // namespace bench
