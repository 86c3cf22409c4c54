// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/url_api.hpp>

#include <spry/emulator/cors.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/http_event.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/send_patience.hpp>
#include <spry/emulator/time_text.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/status.hpp>
#include <spry/http/target.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

constexpr std::size_t piece_bytes = 16 * 1024;

// Those of the connection, which is the emulator's and not the function's; the service passes them
// on under another name, too.
constexpr std::array<std::string_view, 6> connection_headers{
    "Connection", "Content-Length", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade"};

// All of these can be sent: `answer` has been read from what a function says.
void add_headers(http::exchange& exchange, const http_answer& answer) {
    bool has_type = answer.body.empty();
    bool has_date = false;
    for (const auto& [name, value] : answer.headers) {
        has_type = has_type || http::equal_ignoring_case(name, "Content-Type");
        has_date = has_date || http::equal_ignoring_case(name, "Date");
        exchange.add_header(
            http::is_one_of(name, connection_headers) ? "x-amzn-Remapped-" + name : name, value);
    }
    if (!has_type)
        exchange.add_header("Content-Type", "application/json");
    if (!has_date) // a server has one (RFC 9110 6.6.1)
        exchange.add_header("Date", http_date(std::chrono::system_clock::now()));
}

// Where the function has not answered, or what it says is no answer.
int status_of_failure(function_outcome::kind what) noexcept {
    switch (what) {
    case function_outcome::kind::unavailable:
    case function_outcome::kind::stopped:
        return 503;
    case function_outcome::kind::expired:
        return 504;
    default:
        return 502;
    }
}

// "127.0.0.1" of "127.0.0.1:9000", "::1" of "[::1]:9000".
std::string host_of(const io::address& peer) {
    std::string text = peer.to_string();
    text.resize(text.rfind(':'));
    if (text.starts_with('['))
        text = text.substr(1, text.size() - 2);
    return text;
}

} // namespace

std::optional<url_target> read_url_target(std::string_view path) {
    const std::optional<std::string_view> prefix = http::next_segment(path);
    const std::optional<std::string_view> name = http::next_segment(path);
    if (prefix != "lambda-url" || !name)
        return std::nullopt;
    std::optional<std::string> decoded = http::percent_decode(*name);
    if (!decoded || decoded->empty())
        return std::nullopt;
    return url_target{std::move(*decoded), path.empty() ? "/" : path};
}

task<> url_api::handle(http::exchange* exchange, dispatcher* function, std::string_view path) {
    add_cors_headers(*exchange, parts_.cors);
    if (is_preflight(*exchange, parts_.cors)) {
        co_await send(exchange, 204, {});
        co_return;
    }
    const result<std::span<const std::byte>> body = co_await exchange->read_body(parts_.stop);
    if (!body) {
        if (body.error() == make_error_code(errc::body_too_large))
            co_await refuse(exchange, 413, "Request Too Long");
        co_return;
    }

    invocation work{parts_.loop};
    work.request_id = make_request_id();
    work.function_arn = function_arn(function->program());
    work.trace_id = exchange->request().header_or_empty("X-Amzn-Trace-Id");
    const auto now = std::chrono::system_clock::now();
    if (work.trace_id.empty())
        work.trace_id = make_trace_id(now);
    work.content_type = "application/json";
    const result<io::address> peer = exchange->peer_address();
    const std::string source = peer ? host_of(*peer) : std::string{};
    http_event_facts facts;
    facts.path = path;
    facts.source_ip = source;
    facts.request_id = work.request_id;
    facts.trace_id = work.trace_id;
    facts.time = now;
    const std::string event = make_http_event(exchange->request(), facts);
    if (event.size() > runtime_api::payload_size_max) {
        co_await refuse(exchange, 413, "Request Too Long");
        co_return;
    }
    work.event = std::as_bytes(std::span{event});

    response_stream stream{parts_.loop, parts_.streaming};
    work.stream = &stream;
    const dispatcher::admission admitted = function->submit(work);
    if (admitted != dispatcher::admission::accepted) {
        const bool is_full = admitted == dispatcher::admission::too_many;
        co_await refuse(exchange, is_full ? 429 : 503,
                        is_full ? "Too Many Requests" : "The emulator is stopping");
        co_return;
    }
    exchange->add_header("x-amzn-RequestId", work.request_id);
    exchange->add_header("X-Amzn-Trace-Id", work.trace_id);
    const bool arrives = co_await stream.started();
    if (arrives) {
        co_await answer_stream(exchange, &stream, &work, function);
        co_return;
    }
    co_await work.finished();
    function->finished();
    std::optional<http_answer> answer;
    if (work.outcome.what == function_outcome::kind::response)
        answer = read_http_answer(work.outcome.body);
    if (!answer) {
        const int status = status_of_failure(work.outcome.what);
        std::string message = "Internal Server Error"; // the service's name for a 502
        if (status != 502)
            message = http::reason_phrase(status);
        co_await refuse(exchange, status, std::move(message));
        co_return;
    }
    add_headers(*exchange, *answer);
    co_await send(exchange, answer->status, answer->body);
}

// Up to the end of the prelude, however its bytes are cut; what has come behind it is `*behind`.
task<std::optional<http_answer>> url_api::read_prelude_of(response_stream* from,
                                                          std::string* behind, stop_token stop) {
    std::array<std::byte, 1024> piece;
    std::string& text = *behind;
    std::size_t looked_at = 0;
    while (true) {
        const std::size_t end = text.find(prelude_end, looked_at);
        if (end != text.npos) {
            std::optional<http_answer> answer = read_prelude(std::string_view{text}.substr(0, end));
            text.erase(0, end + prelude_end.size());
            co_return answer;
        }
        if (text.size() > prelude_bytes_max)
            co_return std::nullopt;
        looked_at = text.size() - std::min(text.size(), prelude_end.size() - 1);
        const result<std::size_t> count = co_await from->read(piece, stop);
        if (!count || *count == 0)
            co_return std::nullopt;
        text.append(reinterpret_cast<const char*>(piece.data()), *count);
    }
}

task<> url_api::answer_stream(http::exchange* exchange, response_stream* from, invocation* what,
                              dispatcher* function) {
    send_patience patience{parts_.loop, parts_.give_up};
    std::string behind;
    std::optional<http_answer> head;
    if (from->content_type() == prelude_type) {
        head = co_await read_prelude_of(from, &behind, patience.token());
    } else {
        head.emplace();
        head->headers.emplace_back("Content-Type", from->content_type().empty()
                                                       ? "application/octet-stream"
                                                       : from->content_type());
    }
    bool goes_on = head.has_value();
    if (goes_on) {
        add_headers(*exchange, *head);
        exchange->start_response(head->status);
        patience.begin();
        const result<> begun =
            behind.empty()
                ? co_await exchange->flush(patience.token())
                : co_await exchange->write(std::as_bytes(std::span{behind}), patience.token());
        patience.pause();
        goes_on = begun.has_value();
    } else { // before the function has ended, which may take its time
        co_await refuse(exchange, 502, "Internal Server Error");
    }
    std::string piece(piece_bytes, '\0');
    while (goes_on) {
        const std::span<std::byte> room = std::as_writable_bytes(std::span{piece});
        const result<std::size_t> count = co_await from->read(room, patience.token());
        if (count && *count == 0)
            break;
        goes_on = count.has_value();
        if (!goes_on)
            break;
        patience.begin();
        const result<> sent = co_await exchange->write(room.first(*count), patience.token());
        patience.pause();
        goes_on = sent.has_value();
    }
    if (!goes_on)
        from->abandon();
    co_await what->finished();
    function->finished();
    if (goes_on && what->outcome.what == function_outcome::kind::response) {
        patience.begin();
        (void)co_await exchange->finish(patience.token());
    } // else without its end: the connection is closed, and the caller knows that something is
      // missing
    co_await patience.end();
}

task<> url_api::send(http::exchange* exchange, int status, std::string_view body) {
    return respond_patiently(exchange, status, body, &parts_.loop, parts_.give_up);
}

task<> url_api::refuse(http::exchange* exchange, int status, std::string message) {
    exchange->add_header("Content-Type", "application/json");
    const std::string body = "{\"Message\":\"" + message + "\"}";
    co_await send(exchange, status, body);
}

} // namespace spry::emulator
