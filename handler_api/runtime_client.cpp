// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/runtime_client.hpp>

#include <spry/core/joined.hpp>
#include <spry/handler_api/detail/path_segment.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/version.hpp>
#include <spry/io/termination.hpp>

#include <chrono>
#include <utility>

namespace spry {

namespace {

using namespace std::chrono_literals;

// How often a next call that fails is tried again before the process gives up, with a pause that
// doubles: runtime-contract 1.8 has it bounded and says nothing more.
constexpr int tries_max = 5;
constexpr std::chrono::milliseconds first_pause = 50ms;
// An emulator that has no event to give says so at once and again (runtime-contract 1.8, 204).
constexpr std::chrono::milliseconds pause_without_event = 50ms;

// An event of up to so many bytes is taken to come in one piece, and so is the one behind it.
constexpr std::size_t small_event_bytes_max = 2048;
// What takes no more says that an answer was accepted, and nothing else.
constexpr std::size_t accepted_bytes_max = 1024;

constexpr std::string_view get = "GET ";
constexpr std::string_view http_version = " HTTP/1.1\r\n"; // the rest of a request line
constexpr std::string_view line_end = "\r\n";

std::string message_of(const std::error_code& error) {
    return error.message();
}

} // namespace

runtime_client::runtime_client(io::event_loop& loop, const endpoint& where, const io::address& peer,
                               std::span<std::byte> memory, log_level level, bool pipelines,
                               worker_place place)
    : loop_(loop),
      client_(loop, peer, memory.subspan(http::head_builder_bytes),
              http::client_options{.body_bytes_max = runtime_api::payload_size_max}),
      log_(level),
      authority_(where.authority),
      base_path_(where.base_path),
      next_request_(joined({get, base_path_, runtime_api::next_path, http_version, "Host: ",
                            authority_, "\r\nUser-Agent: ", user_agent, line_end, line_end})),
      post_prefix_(joined({"POST ", base_path_, runtime_api::invocation_prefix})),
      head_({reinterpret_cast<char*>(memory.data()), http::head_builder_bytes}),
      place_(place),
      pipelines_(pipelines) {
    common_headers_ = next_request_;
    common_headers_.remove_prefix(get.size() + base_path_.size() + runtime_api::next_path.size() +
                                  http_version.size());
    common_headers_.remove_suffix(line_end.size());
}

task<result<>> runtime_client::connect() {
    if (place_.is_alone())
        co_return client_.connect_blocking();
    const result<> connected = co_await client_.connect();
    co_return connected;
}

task<runtime_client::next_outcome> runtime_client::next() {
    int failures = 0;
    bool was_idle = client_.is_connected();
    while (true) {
        // An event that was asked for already may have come: it is for us to answer.
        if (io::termination::requested() && !next_is_sent_)
            co_return next_outcome::stopped;
        judgement verdict = judgement::failed;
        result<> connected;
        if (!client_.is_connected())
            connected = co_await connect();
        if (connected) {
            // From here on a SIGTERM ends the receive; see io/termination.hpp.
            io::termination::idle_on(client_.wire().stream().fd(), place_.index);
            const result<http::arrival> outcome = co_await call_next();
            // The event was whole before; its answer needs a connection that can be received from.
            if (io::termination::leave_idle(place_.index))
                client_.disconnect();
            verdict = judge_next(outcome);
        } else {
            log_.debug("cannot connect to the Runtime API",
                       {{"reason", message_of(connected.error())}});
        }

        switch (verdict) {
        case judgement::event:
            client_.retain();
            co_return next_outcome::event;
        case judgement::stopped:
            co_return next_outcome::stopped;
        case judgement::lost:
            co_return next_outcome::lost;
        case judgement::again:
            continue;
        case judgement::again_after_pause:
            (void)co_await loop_.sleep_for(pause_without_event);
            continue;
        case judgement::failed:
            break;
        }
        // A connection that has been idle may have died unseen; a fresh one has no such excuse.
        if (std::exchange(was_idle, false))
            continue;
        if (++failures == tries_max) {
            if (connected)
                log_.fatal(place_.is_alone()
                               ? "the Runtime API gives no more events; the process ends"
                               : "the Runtime API gives no more events; one worker ends");
            else
                log_.fatal(
                    place_.is_alone()
                        ? "nobody answers where AWS_LAMBDA_RUNTIME_API says; the process ends"
                        : "nobody answers where AWS_LAMBDA_RUNTIME_API says; one worker ends",
                    {{"address", authority_}, {"reason", message_of(connected.error())}});
            co_return next_outcome::lost;
        }
        (void)co_await loop_.sleep_for(first_pause * (1 << (failures - 1)));
    }
}

task<result<http::arrival>> runtime_client::call_next() {
    if (std::exchange(next_is_sent_, false))
        return client_.read_answer(&event_);
    return client_.round_trip({std::as_bytes(std::span{next_request_})}, &event_);
}

runtime_client::judgement runtime_client::judge_next(const result<http::arrival>& outcome) {
    const bool has_answer = outcome && *outcome == http::arrival::message;
    const int status = event_.status(); // 0 until a head is complete
    if (!has_answer) {
        if (io::termination::requested())
            return judgement::stopped;
        // Of a refusal the status says enough, of an event it does not.
        if (status == 0 || event_.is_success()) {
            // What has died unseen is dialled again silently; an answer that had begun is news.
            if (!outcome) {
                const bool has_begun = outcome.error().category() == error_category();
                log_.log(has_begun ? log_level::warn : log_level::debug,
                         "the answer to the call for an event could not be read",
                         {{"reason", message_of(outcome.error())}});
            }
            return judgement::failed;
        }
    }

    if (status == 200) {
        about_ = event_reader_.read(event_);
        if (!about_.request_id.empty())
            return judgement::event;
        log_.warn("the Runtime API sent an event without a request id");
        return judgement::again_after_pause;
    }
    if (event_.is_success())
        return judgement::again_after_pause;
    if (status == 408)
        return judgement::again;
    if (status == 403 || status == 500) {
        log_.fatal(place_.is_alone() ? "the Runtime API refuses to give events; the process ends"
                                     : "the Runtime API refuses to give events; one worker ends",
                   {{"status", status}});
        return judgement::lost;
    }
    log_.error("the Runtime API did not give an event", {{"status", status}});
    return judgement::failed;
}

void runtime_client::start_post(std::string_view path_suffix) {
    response_head_ = {};
    head_.clear();
    head_.append(post_prefix_);
    detail::append_segment(head_, about_.request_id);
    head_.append(path_suffix).append(http_version).append(common_headers_);
}

void runtime_client::write_content_type(std::string_view type) {
    if (!http::is_field_value(type)) {
        log_.error("the response's content type cannot be sent; sent as bytes",
                   {{"requestId", about_.request_id}});
        type = {};
    }
    if (type.empty())
        type = response::binary_type;
    head_.known_header("Content-Type", type);
}

// From one response to the next, nothing but the id and the length changes as a rule: they are
// written over those of the last head, which is still there.
void runtime_client::start_response(std::string_view content_type) {
    const std::string_view id = about_.request_id;
    const bool is_json = content_type.data() == response::json_type.data() &&
                         content_type.size() == response::json_type.size();
    const bool keeps_shape = is_json && detail::is_plain_segment(id);
    if (keeps_shape && response_head_.size != 0 && response_head_.id_size == id.size()) {
        head_.replace(post_prefix_.size(), id);
        head_.shorten(response_head_.size);
        return;
    }
    start_post(runtime_api::response_suffix);
    write_content_type(content_type);
    if (keeps_shape)
        response_head_ = {id.size(), head_.size()};
}

task<runtime_client::post_outcome> runtime_client::post_response(const response& answer,
                                                                 bool may_pipeline) {
    start_response(answer.content_type());
    // Once the process has been told to end, no further event is asked for.
    const bool pipelines = may_pipeline && pipelines_ && !io::termination::requested();
    return finish_post(answer.body(), pipelines);
}

void runtime_client::write_error_headers(const error_report& report,
                                         std::pmr::memory_resource& memory) {
    head_.known_header("Content-Type", response::json_type);
    head_.known_header(runtime_api::error_type_header, error_type_name{report.type}.text());
    head_.known_header(runtime_api::xray_cause_header, write_xray_cause(report, memory));
}

task<runtime_client::post_outcome> runtime_client::post_error(error_report report,
                                                              std::pmr::memory_resource& memory) {
    for (;;) {
        start_post(runtime_api::error_suffix);
        const std::string_view document = write_error_document(report, memory);
        write_error_headers(report, memory);
        answer_.clear(); // of one that is not even sent there is none
        const post_outcome posted = co_await finish_post(std::as_bytes(std::span{document}));
        if (answer_.status() != 413 || document.size() <= short_error_document_size_max)
            co_return posted;
        log_.warn("the error is posted again, shortened",
                  {{"requestId", about_.request_id}, {"bytes", document.size()}});
        report = shortened(report, memory);
    }
}

task<runtime_client::post_outcome> runtime_client::finish_post(std::span<const std::byte> body,
                                                               bool pipelines) {
    const std::size_t body_size = body.size();
    head_.content_length(body_size).end_head();
    // One piece is cheaper to send than several, by more than the copy of a small one costs.
    if (head_.has_room_for(body_size))
        head_.append(std::exchange(body, {}));
    std::span<const std::byte> behind;
    if (pipelines)
        behind = std::as_bytes(std::span{next_request_});
    if (body.empty() && head_.has_room_for(behind.size()))
        head_.append(std::exchange(behind, {}));
    const io::send_parts request{head_.bytes(), body, behind};
    result<> connected;
    if (!client_.is_connected())
        connected = co_await connect();
    if (!connected) {
        log_.error("the answer is lost: cannot connect to the Runtime API",
                   {{"requestId", about_.request_id}, {"reason", message_of(connected.error())}});
        co_return post_outcome::done;
    }
    // The worker idles in the read of the 202 then, and not in that of the event.
    const bool idles =
        pipelines && request[1].empty() && request[2].empty() && sleeps_through_202();
    if (idles) {
        client_.wire().sleep_through(accepted_bytes_);
        io::termination::idle_on(client_.wire().stream().fd(), place_.index);
    }
    const std::uint64_t bytes_read_before = client_.wire().bytes_read();
    const result<http::arrival> outcome = co_await client_.round_trip(request, &answer_);
    if (idles) // a socket that was cut may still have the event that was asked for
        (void)io::termination::leave_idle(place_.index);
    // The status is the answer, also where what is behind it breaks off and takes the connection
    // with it.
    if (answer_.status() != 0) {
        pipelines_ = pipelines_ && answer_.is_success() && client_.is_connected();
        next_is_sent_ = pipelines && client_.is_connected();
        if (next_is_sent_)
            accepted_bytes_ =
                static_cast<std::size_t>(client_.wire().bytes_read() - bytes_read_before);
        co_return judge_post(answer_.status(), body_size);
    }
    pipelines_ = false;

    client_.disconnect();
    log_.error("the connection broke while the answer was sent; whether it arrived is unknown",
               {{"requestId", about_.request_id},
                {"reason", message_of(outcome ? make_error_code(errc::connection_closed)
                                              : outcome.error())}});
    co_return post_outcome::done;
}

// Nobody waits for the 202 alone once the call for the next event has gone out: the process wakes
// once for both. A longer answer wakes it as before, and what breaks off does, too. A shorter one,
// a refusal without a body, is read when the event behind it has come or the connection ends.
bool runtime_client::sleeps_through_202() const noexcept {
    return accepted_bytes_ != 0 && accepted_bytes_ <= accepted_bytes_max &&
           event_.text().size() <= small_event_bytes_max;
}

runtime_client::post_outcome runtime_client::judge_post(int status, std::size_t body_size) const {
    if (status / 100 == 2)
        return post_outcome::done;
    // Of several processes that could not be initialised the first one's report counts.
    if (status == 403 && about_.request_id.empty())
        return post_outcome::done;
    if (status == 500) {
        log_.fatal(place_.is_alone() ? "the Runtime API failed; the process ends"
                                     : "the Runtime API failed; one worker ends",
                   {{"requestId", about_.request_id}, {"status", status}});
        return post_outcome::lost;
    }
    // 413, 400, 410 and 403 end this invocation, of which the caller has been told, and not the
    // process.
    log_.error("the Runtime API did not take the answer",
               {{"requestId", about_.request_id}, {"status", status}, {"bytes", body_size}});
    return post_outcome::done;
}

task<> runtime_client::post_start_error(std::string_view path, error_report report,
                                        std::pmr::memory_resource& memory) {
    const std::string_view document = write_error_document(report, memory);
    response_head_ = {};
    head_.clear();
    head_.append("POST ").append(base_path_).append(path);
    head_.append(http_version).append(common_headers_);
    write_error_headers(report, memory);
    (void)co_await finish_post(std::as_bytes(std::span{document}));
}

} // namespace spry
