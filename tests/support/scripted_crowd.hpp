// SPDX-License-Identifier: Apache-2.0
// A crowd_service whose connections are coroutines on the loop of its workers, over a network that
// is made up.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/unique_fd.hpp>

#include "support/crowd_runtime_api.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace spry::tests {

/// `crowd_script::terminates` is for real sockets.
class scripted_crowd final : public testing::crowd_service {
public:
    scripted_crowd(io::event_loop& loop, testing::crowd_script script);

    const io::address& address() const noexcept { return address_; }
    /// Serves until it is told to stop and all connections have ended.
    task<> run();
    void stop() { stop_.request_stop(); }

private:
    struct connection : testing::crowd_connection {
        connection(io::event_loop& loop, io::unique_fd fd) noexcept
            : stream(loop, std::move(fd)), has_something(loop) {}

        io::socket stream;
        std::string unsent;
        io::async_event has_something; // to be sent, or to end for
        stop_source over;              // for whoever receives
        ending how = ending::orderly;
    };

    task<> serve(io::unique_fd fd);
    task<> read_all(connection* from);
    task<> write_all(connection* to);
    void send(testing::crowd_connection& to, std::string_view bytes) override;
    void end(testing::crowd_connection& which, ending how) override;
    void stop_listening() override;

    io::event_loop& loop_;
    io::listener listener_;
    io::address address_;
    stop_source stop_;
};

} // namespace spry::tests
