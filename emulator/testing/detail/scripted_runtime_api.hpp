// SPDX-License-Identifier: Apache-2.0
// A Runtime API that follows a script, as coroutines on the loop of its client: over a network and
// in a time that are made up.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/testing/detail/runtime_api_script.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/unique_fd.hpp>

#include <cstddef>
#include <vector>

namespace spry::testing {

/// For scripted loops, where a pause lets happen whatever can: between two pieces of an answer is
/// one. Answers whole requests; `read_bytes_max`, `signal` and `stops_reading` are for real
/// sockets.
class scripted_runtime_api {
public:
    scripted_runtime_api(io::event_loop& loop, std::vector<script_step> script);
    scripted_runtime_api(const scripted_runtime_api&) = delete;
    scripted_runtime_api& operator=(const scripted_runtime_api&) = delete;

    const io::address& address() const noexcept { return listener_.local_address(); }
    /// Serves one connection after the other until it is stopped. When the script is over,
    /// everything gets 403.
    task<> run(stop_token stop);
    const std::vector<recorded_request>& requests() const noexcept { return requests_; }

private:
    task<> serve(io::unique_fd fd);
    task<bool> send_answer(io::socket* to, const script_step* step);

    io::event_loop& loop_;
    io::listener listener_;
    std::vector<script_step> script_;
    std::size_t next_step_ = 0;
    int connections_ = 0;
    std::vector<recorded_request> requests_;
};

} // namespace spry::testing
