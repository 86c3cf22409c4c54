// SPDX-License-Identifier: Apache-2.0
// The script of a Runtime API and what it records: requests and answers as bytes. It uses nothing
// of spry, so that both sides cannot share a mistake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
    int pause_ms = 0;          ///< between the signal and the rest, for the client to act on it
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

/// The size of the request that `bytes` begins with, once its head is whole, and else npos; fills
/// in what the head says.
std::size_t size_of_request(const std::string& bytes, recorded_request& request);
/// The body of a whole request.
std::string body_of(std::string_view whole, const recorded_request& request);

/// An answer with a Content-Length.
std::string answer(int status, std::string_view headers, std::string_view body);
/// An event, as real Lambda gives it.
std::string event_answer(std::string_view id, std::string_view body,
                         std::string_view more_headers = {});
/// 202 with the body that the Runtime API sends.
std::string accepted_answer();

} // namespace spry::testing
