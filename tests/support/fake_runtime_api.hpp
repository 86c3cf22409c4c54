// SPDX-License-Identifier: Apache-2.0
// A Runtime API that follows a script: what it answers to each request, byte for byte, and when it
// closes. It speaks blocking sockets on a thread of its own and nothing of spry, so that both sides
// cannot share a mistake.
#pragma once

#include <spry/emulator/testing/detail/runtime_api_script.hpp>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace spry::testing {

class fake_runtime_api {
public:
    /// Listens on a free port of 127.0.0.1, or of ::1, and serves in the background. When the
    /// script is over, everything gets 403, which ends a client's loop.
    explicit fake_runtime_api(std::vector<script_step> script, bool is_ipv6 = false);
    /// Ends the thread; no request needs to have come.
    ~fake_runtime_api();

    std::uint16_t port() const noexcept { return port_; }
    std::string address() const {
        return (is_ipv6_ ? "[::1]:" : "127.0.0.1:") + std::to_string(port_);
    }

    /// Waits for the thread to have nothing more to do (all connections closed by the client) and
    /// gives what it has seen.
    const std::vector<recorded_request>& finish();

private:
    void serve();
    bool serve_connection(int fd);
    bool send_answer(int fd, const script_step& step, std::string_view unsent);
    bool read_request(int fd, recorded_request& request, std::size_t bytes_max);

    bool is_ipv6_;
    std::vector<script_step> script_;
    std::size_t next_step_ = 0;
    std::vector<recorded_request> requests_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    int connections_ = 0;
    bool leaves_open_ = false; // the connection that is served
    std::vector<int> left_open_;
    std::string unread_;           // received on this connection behind the last request
    std::uint64_t bytes_sent_ = 0; // on this connection
    std::thread thread_;
};

} // namespace spry::testing
