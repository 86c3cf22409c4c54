// SPDX-License-Identifier: Apache-2.0
// streamed_post: one response on its way to the Runtime API while it is produced
// (runtime-contract 2.1-2.4).
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/handler_api/stream.hpp>
#include <spry/http/connection.hpp>
#include <spry/io/socket.hpp>

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <system_error>

namespace spry::detail {

/// 1. Nothing is sent, and nothing connected, before the first byte: until then the invocation can
///    still be answered with an error.
/// 2. The head goes out with the first chunk. From then on the answer is awaited beside the
///    producer, since a Runtime API that refuses the rest says so early and stops reading.
/// 3. Where it has refused, or is gone, or too much was written, the writer fails and the
///    invocation's stop is requested; the producer is awaited in any case.
/// 4. The body is ended, with error trailers where something went wrong, and its answer awaited.
///    A body that nobody takes any more is not ended: the connection is cut.
///
/// The connection is not used again: what custom runtimes are told to do (runtime-contract 2.1),
/// and a server that knows nothing of trailers would take them for its next request. The dial that
/// follows costs three system calls.
class streamed_post {
public:
    /// All of them outlive the post.
    streamed_post(runtime_client& client, response_stream& stream, stop_source& stop,
                  std::pmr::memory_resource& memory) noexcept;
    streamed_post(const streamed_post&) = delete;
    streamed_post& operator=(const streamed_post&) = delete;
    ~streamed_post();

    task<result<>> write(std::span<const std::byte> bytes);
    task<result<>> flush();

    /// The producer has ended, with an error or with none. Logs what has become of the response.
    task<post_outcome> finish(const error_report* failed);

private:
    enum class part { chunk, head, end };

    task<result<>> send(std::span<const std::byte> bytes, part what);
    io::socket::send_awaiter send_now(std::span<const std::byte> bytes, part what);
    void write_head();
    std::string_view write_trailers(const error_report& report);
    task<> read_answer();
    void break_off(std::error_code why);
    post_outcome judge();

    runtime_client& client_;
    response_stream& stream_;
    stop_source& stop_;
    std::pmr::memory_resource& memory_;
    std::optional<task<>> reading_;          // from the first send on
    const io::operation* sending_ = nullptr; // while a send is awaited
    std::error_code error_;                  // what writes fail with
    result<http::arrival> answer_ = http::arrival::closed;
    std::string_view trailers_; // complete lines
    std::size_t bytes_ = 0;     // of the body, chunk lines not counted
    bool is_open_ = false;      // the head is sent, or about to be
    bool is_too_large_ = false;
    bool is_cut_ = false;   // nobody takes any more bytes
    bool is_ended_ = false; // the last chunk is sent, or about to be
};

} // namespace spry::detail
