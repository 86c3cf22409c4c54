// SPDX-License-Identifier: Apache-2.0
// A Runtime API that runs as coroutines on the loop of its workers, misbehaves by chance, and keeps
// a ledger of what has become of each event. It reads and writes bytes on its own, so that it
// cannot share a mistake with the http layer.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/testing/random.hpp>
#include <spry/io/unique_fd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spry::tests {

/// One event, and what is known of it.
struct simulated_event {
    std::string id;
    std::string body;
    std::string deadline = "4102444800000"; ///< as it is sent: the year 2100
    bool is_given = false;                  ///< its delivery has begun
    bool is_troubled = false; ///< its answer was refused, or left without an acknowledgement
    /// Whole ones, as they came: "response BODY", "error BODY", "streamed BODY", and "streamed
    /// BODY|TRAILERS".
    std::vector<std::string> answers;
    int handled = 0; ///< by the handler, which is the test's
};

/// So often in a thousand chances.
struct service_faults {
    unsigned no_event = 0;        ///< 204 or 408 instead of an event
    unsigned chunked = 0;         ///< an event in chunks
    unsigned closes = 0;          ///< Connection: close, on whatever answer
    unsigned closes_silently = 0; ///< an idle connection, as after a freeze
    unsigned refuses = 0;         ///< 400 or 413 for an answer that has been read
    unsigned refuses_early = 0;   ///< 413 before it has been read
    unsigned forgets = 0;         ///< an answer without an acknowledgement: the connection ends
    unsigned fails = 0;           ///< 500 for an answer, which ends the worker
    /// Not by chance: before each receive.
    std::chrono::milliseconds pause{0};
};

class simulated_runtime_api {
public:
    simulated_runtime_api(io::event_loop& loop, std::uint64_t seed, const service_faults& with,
                          std::vector<simulated_event> events);
    simulated_runtime_api(const simulated_runtime_api&) = delete;
    simulated_runtime_api& operator=(const simulated_runtime_api&) = delete;

    const io::address& address() const noexcept { return listener_.local_address(); }
    /// Serves until it is stopped and all connections have ended. When no event is left, whoever
    /// asks for one gets 403.
    task<> run(stop_token stop);
    /// Ends all connections; nobody can make a new one.
    void hang_up() noexcept;

    simulated_event* find(std::string_view id) noexcept;
    std::vector<simulated_event>& events() noexcept { return events_; }
    /// What came that must not: answers to events that were not given, and calls for the next event
    /// from whoever has not handled the last one.
    const std::vector<std::string>& nonsense() const noexcept { return nonsense_; }
    /// Requests so far.
    std::uint64_t requests() const noexcept { return requests_; }

private:
    struct inbound;
    struct request;

    task<> serve(io::unique_fd fd);
    task<bool> read_request(inbound* from, request* into);
    task<bool> give_event(inbound* to);
    task<bool> take_answer(inbound* from, request* asked);
    task<bool> send(inbound* to, std::string text, bool closes);
    std::string event_text(const simulated_event& event, bool closes);

    io::event_loop& loop_;
    io::listener listener_;
    io::testing::random_source random_;
    service_faults faults_;
    std::vector<simulated_event> events_;
    std::size_t next_ = 0;
    std::vector<std::string> nonsense_;
    std::uint64_t requests_ = 0;
    intrusive_queue<inbound> connections_;
    bool is_open_ = true;
};

} // namespace spry::tests
