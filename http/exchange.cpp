// SPDX-License-Identifier: Apache-2.0
#include <spry/http/exchange.hpp>

#include <spry/core/assert.hpp>

#include <utility>

#include <sys/socket.h>

namespace spry::http {

exchange::exchange(connection& wire, message& request, const bool& server_stops) noexcept
    : wire_(wire),
      request_(request),
      server_stops_(server_stops),
      closes_(!request.keeps_alive()),
      continue_due_(request.expects_continue() && !wire.at_message_end()) {}

result<io::address> exchange::peer_address() const noexcept {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* where = reinterpret_cast<sockaddr*>(&storage);
    if (::getpeername(wire_.stream().fd(), where, &size) != 0)
        return failure(std::errc::not_connected);
    return io::address::from_kernel(where, size);
}

task<result<>> exchange::send_continue(stop_token stop) {
    if (!std::exchange(continue_due_, false))
        co_return result<>{};
    // A peer that has begun to send did not wait.
    if (!wire_.buffer().empty())
        co_return result<>{};
    static constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::span<const std::byte> bytes = std::as_bytes(std::span{interim});
    const result<std::size_t> sent = co_await wire_.send(bytes, {}, {}, stop);
    if (!sent)
        co_return failure(note_failure(sent.error()));
    co_return result<>{};
}

std::error_code exchange::note_failure(std::error_code error) noexcept {
    broken_ = true;
    return error;
}

task<result<std::span<const std::byte>>> exchange::read_body(stop_token stop) {
    if (wire_.announced_too_much(request_)) { // before the peer is told to continue
        read_error_ = make_error_code(errc::body_too_large);
        co_return failure(read_error_);
    }
    const result<> ready = co_await send_continue(stop);
    if (!ready)
        co_return failure(ready.error());
    const result<> read = co_await wire_.read_body(&request_, stop);
    if (!read) {
        read_error_ = read.error();
        co_return failure(read_error_);
    }
    co_return request_.body();
}

task<result<std::span<const std::byte>>> exchange::read_some(stop_token stop) {
    const result<> ready = co_await send_continue(stop);
    if (!ready)
        co_return failure(ready.error());
    result<std::span<const std::byte>> read = co_await wire_.read_some(&request_, stop);
    if (!read)
        read_error_ = read.error();
    co_return read;
}

bool exchange::add_header(std::string_view name, std::string_view value) {
    SPRY_ASSERT(answer_ == answer_state::none);
    return headers_.header(name, value);
}

bool exchange::status_has_no_body() const noexcept {
    return status_ < 200 || status_ == 204 || status_ == 304;
}

// What is not read of the request stands between us and the next one; so does a peer that still
// waits for permission.
bool exchange::leaves_request_unread() const noexcept {
    if (wire_.at_message_end())
        return false;
    if (continue_due_ || read_error_)
        return true;
    return request_.framing() != body_framing::length ||
           wire_.body_bytes_left() > drained_bytes_max;
}

void exchange::begin_head(int status) {
    SPRY_ASSERT(answer_ == answer_state::none);
    status_ = status;
    answer_ = answer_state::head_ready;
    if (leaves_request_unread() || server_stops_)
        closes_ = true;
    head_.status_line(status).append(headers_.bytes());
    headers_.clear();
    if (closes_) {
        head_.known_header("Connection", "close");
    } else if (request_.is_http_1_0()) {
        head_.known_header("Connection", "keep-alive");
    }
}

task<result<>> exchange::respond(int status, std::span<const std::byte> body, stop_token stop) {
    begin_head(status);
    if (!status_has_no_body())
        head_.content_length(body.size());
    head_.end_head();
    if (status_has_no_body() || request_.method() == "HEAD")
        body = {};
    answer_ = answer_state::finished;
    const result<std::size_t> sent = co_await wire_.send(head_, body, stop);
    if (!sent)
        co_return failure(note_failure(sent.error()));
    co_return result<>{};
}

void exchange::start_response(int status) {
    const bool has_body = status >= 200 && status != 204 && status != 304;
    chunked_ = has_body && !request_.is_http_1_0();
    if (has_body && !chunked_)
        closes_ = true; // the body ends with the connection
    begin_head(status);
    if (chunked_)
        head_.known_header("Transfer-Encoding", "chunked");
    head_.end_head();
    sends_body_ = has_body && request_.method() != "HEAD";
}

task<result<>> exchange::write(std::span<const std::byte> bytes, stop_token stop) {
    SPRY_ASSERT(answer_ == answer_state::head_ready || answer_ == answer_state::streaming);
    if (!sends_body_ || bytes.empty())
        co_return result<>{};
    head_builder* head = answer_ == answer_state::head_ready ? &head_ : nullptr;
    answer_ = answer_state::streaming;
    result<std::size_t> sent = std::size_t{0};
    if (chunked_) {
        sent = co_await wire_.send_chunk(bytes, head, stop);
    } else if (head != nullptr) {
        sent = co_await wire_.send(*head, bytes, stop);
    } else {
        sent = co_await wire_.send(bytes, {}, {}, stop);
    }
    if (!sent)
        co_return failure(note_failure(sent.error()));
    co_return result<>{};
}

task<result<>> exchange::flush(stop_token stop) {
    SPRY_ASSERT(answer_ != answer_state::none);
    if (answer_ != answer_state::head_ready)
        co_return result<>{};
    answer_ = answer_state::streaming;
    const result<std::size_t> sent = co_await wire_.send(head_.bytes(), {}, {}, stop);
    if (!sent)
        co_return failure(note_failure(sent.error()));
    co_return result<>{};
}

bool exchange::add_trailer(std::string_view name, std::string_view value) {
    SPRY_ASSERT(answer_ == answer_state::head_ready || answer_ == answer_state::streaming);
    return headers_.header(name, value);
}

task<result<>> exchange::finish(stop_token stop) {
    SPRY_ASSERT(answer_ == answer_state::head_ready || answer_ == answer_state::streaming);
    if (std::exchange(answer_, answer_state::finished) == answer_state::streaming)
        head_.clear();
    result<std::size_t> sent = std::size_t{0};
    if (chunked_ && sends_body_) {
        sent = co_await wire_.send_last_chunk(head_, headers_.text(), stop);
    } else if (!head_.empty()) {
        sent = co_await wire_.send(head_.bytes(), {}, {}, stop);
    }
    if (!sent)
        co_return failure(note_failure(sent.error()));
    co_return result<>{};
}

int exchange::status_for_silence() const noexcept {
    if (broken_)
        return 0;
    if (!read_error_)
        return 500;
    if (read_error_ == errc::body_too_large)
        return 413;
    if (read_error_ == errc::malformed_message || read_error_ == errc::head_too_large)
        return 400;
    return 0;
}

bool has_one_host(const message& request) noexcept {
    int hosts = 0;
    for (std::size_t i = 0; i < request.header_count(); ++i)
        hosts += equal_ignoring_case(request.header_at(i).name, "Host");
    return hosts == 1 || (hosts == 0 && request.is_http_1_0());
}

task<result<>> exchange::peer_gone(stop_token stop) {
    return wire_.peer_gone(stop);
}

} // namespace spry::http
