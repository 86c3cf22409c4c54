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

    /// Invocations answered, and connections made, since the beginning.
    std::uint64_t answered() const noexcept { return answered_; }
    std::uint64_t connected() const noexcept { return connected_; }

    /// Ends all connections and forgets their events: the next function comes.
    void forget_all();

private:
    struct connection;

    void accept_all();
    void receive(connection& from);
    void take(connection& from, const framed_request& what);
    void close(connection& which);

    int listening_ = -1;
    int epoll_ = -1;
    std::string address_;
    event_message event_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<bool> outstanding_; ///< by number of the event, modulo its size
    std::uint64_t number_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t connected_ = 0;
};

} // namespace bench
