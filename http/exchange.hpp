// SPDX-License-Identifier: Apache-2.0
// exchange: one request at a server and the answer to it.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/http/connection.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/message.hpp>
#include <spry/io/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace spry::http {

/// What a server gives its handler: the request, its body when asked for, and the way to answer. It
/// lives as long as the handler's task.
///
///     task<> hello::handle(http::exchange& exchange) {
///         const auto body = co_await exchange.read_body();
///         if (!body) co_return;                       // the server answers 400 or 413, or closes
///         exchange.add_header("Content-Type", "text/plain");
///         co_await exchange.respond(200, "hello\n");  // its result may be ignored: see below
///     }
///
/// Sending fails once the peer has gone; a handler that has nothing to clean up may ignore that
/// with `(void)`: the server notices it too and closes. One read and one send may be pending at a
/// time.
class exchange {
public:
    /// `server_stops` may become true while the exchange lasts: its connection is then closed
    /// behind it.
    exchange(connection& wire, message& request, const bool& server_stops) noexcept;
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    /// Valid until the handler ends, body and views included.
    const message& request() const noexcept { return request_; }
    std::string_view method() const noexcept { return request_.method(); }
    std::string_view path() const noexcept { return request_.path(); }
    std::string_view query() const noexcept { return request_.query(); }
    std::optional<std::string_view> header(std::string_view name) const noexcept {
        return request_.header(name);
    }
    /// Who has connected, as the kernel says.
    result<io::address> peer_address() const noexcept;

    /// The whole body, padded (`padding_bytes`); `errc::body_too_large` beyond the server's limit.
    /// A peer that waits for it is told to continue. Once; afterwards `request().body()` has it.
    task<result<std::span<const std::byte>>> read_body(stop_token stop = {});
    /// The next bytes of the body, nothing at its end; valid until the next call. Without a limit.
    task<result<std::span<const std::byte>>> read_some(stop_token stop = {});

    /// A header line of the answer, before it is started. False, and no line, where name or value
    /// could break the head. Content-Length, Transfer-Encoding and Connection are the exchange's
    /// own business.
    bool add_header(std::string_view name, std::string_view value);

    /// The answer, whole. An answer to HEAD announces the body and does not send it; 204 and 304
    /// have none. Once.
    task<result<>> respond(int status, std::span<const std::byte> body = {}, stop_token stop = {});
    task<result<>> respond(int status, std::string_view body, stop_token stop = {}) {
        return respond(status, std::as_bytes(std::span{body}), stop);
    }

    /// An answer in pieces: `start_response`, any number of `write`, `finish`. The head leaves with
    /// the first bytes, or with `flush`. Chunked; to an HTTP/1.0 peer, plain bytes up to the close.
    void start_response(int status);
    task<result<>> write(std::span<const std::byte> bytes, stop_token stop = {});
    task<result<>> flush(stop_token stop = {});
    /// A trailer, before `finish`. The names belong into a `Trailer` header.
    bool add_trailer(std::string_view name, std::string_view value);
    task<result<>> finish(stop_token stop = {});

    /// True once an answer has been started.
    bool has_started() const noexcept { return answer_ != answer_state::none; }
    /// The connection is closed behind this answer.
    void close_after() noexcept { closes_ = true; }

    /// Waits until the peer hangs up, for a handler that takes its time: success means that it has
    /// gone, and `errc::cancelled` that the stop was requested before. Run it beside the work and
    /// stop it before the answer is sent or more is read. The body must have been read to its end.
    task<result<>> peer_gone(stop_token stop);

    // For the server.

    bool has_finished() const noexcept { return answer_ == answer_state::finished; }
    bool is_broken() const noexcept { return broken_; }
    bool closes() const noexcept { return closes_; }
    /// The status for a handler that has ended without an answer; 0 where nobody is there to read
    /// one.
    int status_for_silence() const noexcept;

private:
    enum class answer_state : std::uint8_t { none, head_ready, streaming, finished };

    void begin_head(int status);
    bool status_has_no_body() const noexcept;
    bool leaves_request_unread() const noexcept;
    std::error_code note_failure(std::error_code error) noexcept;
    task<result<>> send_continue(stop_token stop);

    connection& wire_;
    message& request_;
    const bool& server_stops_;
    inline_head_builder head_;
    inline_head_builder headers_; // header lines until the status is known, trailers afterwards
    answer_state answer_ = answer_state::none;
    int status_ = 0;
    bool closes_;
    bool continue_due_;
    bool chunked_ = false;
    bool sends_body_ = true;
    bool broken_ = false;        // sending has failed
    std::error_code read_error_; // reading has
};

/// True for a request with exactly one Host header, or none in HTTP/1.0.
bool has_one_host(const message& request) noexcept;

/// Answers requests; implemented by whoever runs a server.
class request_handler {
public:
    /// Runs for each request, several at a time on different connections. An exception becomes 500
    /// where no answer has been started, and closes the connection in any case. No answer at its
    /// end: 400 or 413 where reading the body failed with that, else 500.
    virtual task<> handle(exchange& exchange) = 0;

protected:
    ~request_handler() = default;
};

} // namespace spry::http
