// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/streamed_post.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/base64.hpp>
#include <spry/core/error.hpp>
#include <spry/handler_api/detail/deadline_watch.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace spry::detail {

namespace {

using std::string_view_literals::operator""sv;

// What every streamed post has behind its content type, and the end of its head.
constexpr std::string_view fixed_headers =
    "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
    "Connection: close\r\n"
    "\r\n";

// The end of a prelude, as a chunk of its own: an emulator takes the first chunk for the JSON and
// throws the second one away (runtime-contract 2.3).
constexpr std::string_view prelude_end = "8\r\n\0\0\0\0\0\0\0\0\r\n"sv;

constexpr error_report too_large{"Function.ResponseSizeTooLarge",
                                 "the streamed response is larger than 209715200 bytes"};
static_assert(runtime_api::streamed_size_max == 209'715'200);

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span{text});
}

task<> run_producer(response_stream* stream, std::exception_ptr* thrown) {
    try {
        co_await std::move(*stream->work);
    } catch (...) {
        *thrown = std::current_exception();
    }
}

} // namespace

streamed_post::streamed_post(runtime_client& client, response_stream& stream, stop_source& stop,
                             std::pmr::memory_resource& memory) noexcept
    : client_(client), stream_(stream), stop_(stop), memory_(memory) {
    stream.writer().post_ = this;
}

streamed_post::~streamed_post() {
    stream_.writer().post_ = nullptr;
}

task<result<>> streamed_post::write(std::span<const std::byte> bytes) {
    return send(bytes, part::chunk);
}

task<result<>> streamed_post::flush() {
    return send({}, part::head);
}

task<result<>> streamed_post::send(std::span<const std::byte> bytes, part what) {
    SPRY_ASSERT(sending_ == nullptr && !is_ended_);
    if (error_)
        co_return failure(error_);
    if ((what == part::chunk && bytes.empty()) || (what == part::head && is_open_))
        co_return result<>{};
    const std::size_t size = bytes.size() + (is_open_ ? 0 : stream_.prelude().size());
    if (size > runtime_api::streamed_size_max - bytes_) {
        is_too_large_ = true;
        break_off(make_error_code(errc::body_too_large));
        co_return failure(error_);
    }
    if (!is_open_) {
        result<> connected;
        if (!client_.client_.is_connected())
            connected = co_await client_.connect();
        if (!connected) {
            is_cut_ = true;
            break_off(connected.error());
            co_return failure(error_);
        }
        write_head();
    }

    bytes_ += size;
    is_ended_ = what == part::end;
    io::socket::send_awaiter sending = send_now(bytes, what);
    sending.start();
    if (!reading_) {
        reading_.emplace(read_answer());
        reading_->start();
    }
    sending_ = &sending.record();
    const result<std::size_t> sent = co_await std::move(sending);
    sending_ = nullptr;
    if (!sent && !is_cut_) {
        is_cut_ = true;
        client_.client_.wire().stream().shutdown_both(); // ends the wait for an answer
        break_off(sent.error());
    }
    if (error_)
        co_return failure(error_);
    co_return result<>{};
}

void streamed_post::write_head() {
    client_.start_post(runtime_api::response_suffix);
    client_.write_content_type(stream_.content_type());
    http::head_builder& head = client_.head_;
    head.append(fixed_headers);
    const std::string_view prelude = stream_.prelude();
    if (prelude.empty())
        return;
    head.append_hex(prelude.size()).append("\r\n").append(prelude).append("\r\n");
    head.append(prelude_end);
}

// The head builder has the head, once, and then whatever ends the body.
io::socket::send_awaiter streamed_post::send_now(std::span<const std::byte> bytes, part what) {
    http::connection& link = client_.client_.wire();
    http::head_builder& head = client_.head_;
    const bool is_first = !std::exchange(is_open_, true);
    if (what == part::chunk)
        return link.send_chunk(bytes, is_first ? &head : nullptr);
    if (what == part::head)
        return link.send(head.bytes());
    if (!is_first)
        head.clear();
    head.append("0\r\n");
    return link.send(head.bytes(), bytes_of(trailers_), bytes_of("\r\n"));
}

// Beside the producer; whoever answers before its end, and not with a success, wants no more.
task<> streamed_post::read_answer() {
    answer_ = co_await client_.client_.wire().read_message(&client_.answer_);
    if (answer_ && *answer_ == http::arrival::message && client_.answer_.is_success())
        co_return;
    is_cut_ = true;
    if (sending_ != nullptr && sending_->state == io::operation::progress::pending)
        client_.client_.wire().stream().shutdown_both();
    if (!is_ended_ && !error_)
        break_off(answer_ ? make_error_code(errc::connection_closed) : answer_.error());
}

void streamed_post::break_off(std::error_code why) {
    error_ = why;
    stop_.request_stop();
}

task<post_outcome> streamed_post::finish(const error_report* failed) {
    if (is_too_large_) {
        client_.log_.error("the streamed response is too large and ends with an error",
                           {{"requestId", client_.about_.request_id},
                            {"bytesMax", runtime_api::streamed_size_max}});
        failed = &too_large;
    }
    if (failed != nullptr && !is_open_ && !is_cut_) {
        const post_outcome posted = co_await client_.post_error(*failed, memory_);
        co_return posted;
    }
    if (!is_cut_) {
        error_.clear();
        if (failed != nullptr)
            trailers_ = write_trailers(*failed);
        (void)co_await send({}, part::end);
    }
    if (reading_) {
        co_await std::move(*reading_);
        if (!answer_ && answer_.error() == std::errc::no_buffer_space) {
            // What was borrowed from the event has been sent, or never will be.
            client_.client_.release();
            answer_ = co_await client_.client_.wire().read_message(&client_.answer_);
        }
    }
    const post_outcome judged = judge();
    client_.client_.disconnect();
    co_return judged;
}

// Complete lines. What the contract calls the type and the body of the error.
std::string_view streamed_post::write_trailers(const error_report& report) {
    const std::string document =
        base64::encode(write_error_document(shortened(report, memory_), memory_));
    const error_type_name type{report.type};
    std::string lines;
    lines.append(runtime_api::error_type_header).append(": ").append(type.text()).append("\r\n");
    lines.append(runtime_api::error_body_header).append(": ").append(document).append("\r\n");
    SPRY_ASSERT(lines.size() + 2 <= runtime_api::trailers_size_max);
    char* const kept = static_cast<char*>(memory_.allocate(lines.size(), 1));
    std::memcpy(kept, lines.data(), lines.size());
    return {kept, lines.size()};
}

post_outcome streamed_post::judge() {
    const std::string_view id = client_.about_.request_id;
    // The status is the answer, whatever is behind it; of a stream that has not ended, a refusal.
    const int status = reading_ ? client_.answer_.status() : 0;
    if (status != 0 && (is_ended_ || !client_.answer_.is_success())) {
        client_.pipelines_ = client_.pipelines_ && client_.answer_.is_success();
        return client_.judge_post(status, bytes_);
    }
    client_.pipelines_ = false;
    std::error_code why = error_;
    if (!why)
        why = answer_ ? make_error_code(errc::connection_closed) : answer_.error();
    std::string_view what = "the answer is lost: cannot connect to the Runtime API";
    if (is_ended_)
        what = "the connection broke while the answer was sent; whether it arrived is unknown";
    else if (is_open_)
        what = "the connection broke in the middle of a streamed answer";
    client_.log_.error(what, {{"requestId", id}, {"reason", why.message()}, {"bytes", bytes_}});
    return post_outcome::done;
}

response_stream::~response_stream() = default;

// The boundary of the invocation for a producer, as `runtime` is for a handler.
task<post_outcome> response_stream::post(runtime_client& client, context& about,
                                         stop_source& stop) {
    streamed_post sent{client, *this, stop, about.arena()};
    std::exception_ptr thrown;
    task<> producing = run_producer(this, &thrown);
    producing.start();
    if (!producing.done() && about.deadline())
        co_await await_beside_deadline(&producing, &about, &stop);
    else
        co_await std::move(producing);

    error_report failed;
    if (thrown) {
        failed = describe_exception(thrown, about.arena());
        about.log().error("the handler failed", {{"errorType", failed.type},
                                                 {"errorMessage", failed.message},
                                                 {"stackTrace", failed.stack}});
    }
    const post_outcome posted = co_await sent.finish(thrown ? &failed : nullptr);
    co_return posted;
}

} // namespace spry::detail
