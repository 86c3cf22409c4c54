// SPDX-License-Identifier: Apache-2.0
// A Runtime API that follows a script: what it answers to each request, byte for byte, and when it
// closes. It speaks blocking sockets on a thread of its own and nothing of spry, so that both sides
// cannot share a mistake.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace spry::testing {

/// What happens to one request, in the order in which requests arrive on whatever connections.
struct script_step {
    std::string answer;        ///< raw bytes; empty: none
    bool close_after = false;  ///< the connection, once the answer is sent
    bool byte_by_byte = false; ///< each byte once the client has received the one before
    std::size_t read_bytes_max =
        SIZE_MAX;              ///< stop reading the request here, and answer: an early answer
    int signal = 0;            ///< sent to this process once the request has been read
    std::size_t signal_at = 0; ///< and so many bytes of the answer have been sent
    /// Behind an early answer: read no more, and keep the connection until the client makes
    /// another one.
    bool stops_reading = false;
    /// Behind the answer, if there is one: read no more here, serve the next connection, and close
    /// this one at the end.
    bool leaves_open = false;
    /// So much of the answer, and the rest once the client has received that.
    std::size_t split_at = SIZE_MAX;
    /// What `close_after` closes is reset.
    bool resets = false;
};

struct recorded_request {
    std::string start_line; ///< "GET /2018-06-01/runtime/invocation/next HTTP/1.1"
    std::string head;       ///< header lines, as sent
    std::string body;
    std::vector<std::string> chunks; ///< of a chunked body, in which case `body` is all of them
    std::string trailers;            ///< lines behind a chunked body, as sent
    bool is_whole = true;            ///< false for one that was answered early
    int connection = 0;              ///< counts from 1
    bool is_followed = false;        ///< more had come with it: a pipelined request
    bool is_given_up = false;        ///< the client made another connection before its end

    /// The value of a header, by exact name; empty if absent.
    std::string header(std::string_view name) const;
    std::string trailer(std::string_view name) const;
};

/// Takes the request that `bytes` begins with, if it is whole; aborts where a body is not chunked
/// that should be.
bool take_request(std::string& bytes, recorded_request& into);

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

/// An answer with a Content-Length.
std::string answer(int status, std::string_view headers, std::string_view body);
/// An event, as real Lambda gives it.
std::string event_answer(std::string_view id, std::string_view body,
                         std::string_view more_headers = {});
/// 202 with the body that the Runtime API sends.
std::string accepted_answer();

} // namespace spry::testing
