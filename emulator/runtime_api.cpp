// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/runtime_api.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/posted_outcome.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/target.hpp>

#include <optional>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

namespace api = spry::runtime_api;

constexpr std::size_t error_size_max = 1024 * 1024; // runtime contract 3.3

api_refusal too_large(std::uint64_t bytes_max) {
    return {413, "RequestEntityTooLarge",
            "Exceeded maximum allowed payload size (" + std::to_string(bytes_max) + " bytes)."};
}

api_refusal truncated() {
    return {400, "TruncatedHTTPRequest", "HTTP request detected as truncated"};
}

} // namespace

task<> runtime_api::handle(http::exchange& exchange) {
    const std::string_view path = exchange.path();
    const bool is_post = exchange.method() == "POST";
    if (path == api::next_path && exchange.method() == "GET") {
        co_await next(&exchange);
        co_return;
    }
    if (path == api::init_error_path && is_post) {
        co_await init_error(&exchange);
        co_return;
    }
    if (path.starts_with(api::invocation_prefix) && is_post) {
        std::string_view id = path.substr(api::invocation_prefix.size());
        std::optional<runtime_call> call;
        if (id.ends_with(api::response_suffix)) {
            call = runtime_call::response;
            id.remove_suffix(api::response_suffix.size());
        } else if (id.ends_with(api::error_suffix)) {
            call = runtime_call::error;
            id.remove_suffix(api::error_suffix.size());
        }
        if (call) {
            co_await answer(&exchange, http::percent_decode(id).value_or(std::string{}), *call);
            co_return;
        }
    }
    if (extension_host* const extensions = environment_.extensions()) {
        const bool is_theirs = co_await extensions->handle(exchange, environment_.ending());
        if (is_theirs)
            co_return;
    }
    exchange.add_header("Content-Type", "text/plain; charset=utf-8");
    (void)co_await exchange.respond(404, "404 page not found\n");
}

task<> runtime_api::next(http::exchange* exchange) {
    environment::next_call call{environment_.loop()};
    std::optional<api_refusal> refusal = environment_.begin_next(call);
    if (refusal) {
        co_await refuse(exchange, std::move(*refusal));
        co_return;
    }
    co_await wait_for_event(exchange, &call);
    environment_.end_next(call);
    if (call.superseded) {
        api_refusal again{403, "InvalidStateTransition",
                          transition_refused(runtime_state::ready, runtime_call::next)};
        co_await refuse(exchange, std::move(again));
    } else if (!call.changed.is_set()) {
        exchange->close_after(); // the process is gone: nobody reads an answer
    } else {
        co_await send_event(exchange, std::move(call.id));
    }
}

// A managed runtime's workers end one by one: an event must not go to one that has hung up.
task<> runtime_api::wait_for_event(http::exchange* exchange, environment::next_call* call) {
    stop_source over;
    task_scope watch;
    auto end = [&over] { over.request_stop(); };
    const stop_callback<decltype(end)> on_ending{environment_.ending(), end};
    if (environment_.is_managed() && !call->changed.is_set())
        watch.spawn(watch_peer(exchange, call, &over));
    (void)co_await call->changed.wait(over.token());
    over.request_stop();
    co_await watch.join();
}

task<> runtime_api::watch_peer(http::exchange* exchange, environment::next_call* call,
                               stop_source* over) {
    const result<> gone = co_await exchange->peer_gone(over->token());
    if (!gone)
        co_return;
    environment_.end_next(*call);
    over->request_stop();
}

task<> runtime_api::send_event(http::exchange* exchange, std::string id) {
    invocation* const event = environment_.delivered(id);
    if (event == nullptr) { // answered on another connection in the same moment
        api_refusal late{403, "InvalidStateTransition",
                         transition_refused(runtime_state::response_sent, runtime_call::next)};
        co_await refuse(exchange, std::move(late));
        co_return;
    }
    const invocation::hold keeps_event{*event};
    exchange->add_header("Content-Type", event->content_type);
    exchange->add_header(api::request_id_header, event->request_id);
    exchange->add_header(api::deadline_header, std::to_string(environment_.deadline_epoch_ms(id)));
    exchange->add_header(api::function_arn_header, event->function_arn);
    exchange->add_header(api::trace_id_header, event->trace_id);
    if (!event->client_context.empty())
        exchange->add_header(api::client_context_header, event->client_context);
    if (!event->tenant_id.empty())
        exchange->add_header(api::tenant_id_header, event->tenant_id);
    const result<> sent = co_await exchange->respond(200, event->event, environment_.ending());
    if (!sent)
        environment_.take_back(id);
}

task<> runtime_api::answer(http::exchange* exchange, std::string id, runtime_call call) {
    std::optional<api_refusal> refusal = environment_.begin_answer(id, call);
    if (refusal) {
        co_await refuse(exchange, std::move(*refusal));
        co_return;
    }
    if (call == runtime_call::response && has_unknown_mode(exchange->request())) {
        environment_.complete_answer(id,
                                     function_outcome::failed(function_outcome::cause::bad_mode,
                                                              "Runtime.InvalidResponseModeHeader",
                                                              "Invalid function response mode"));
        api_refusal invalid{400, "InvalidFunctionResponseMode", "Invalid function response mode"};
        co_await refuse(exchange, std::move(invalid));
        co_return;
    }
    const invocation* const what = environment_.being_answered(id);
    if (call == runtime_call::response && is_streamed(exchange->request()) && what != nullptr &&
        what->stream != nullptr) {
        co_await stream(exchange, std::move(id), what->stream);
        co_return;
    }
    const result<std::span<const std::byte>> body =
        co_await exchange->read_body(environment_.ending());
    const bool beyond = !body && body.error() == make_error_code(errc::body_too_large);
    if (call == runtime_call::error && (beyond || (body && body->size() > error_size_max))) {
        environment_.abandon_answer(id); // it may report the same in fewer words
        co_await refuse(exchange, too_large(error_size_max));
        co_return;
    }
    if (beyond) {
        environment_.complete_answer(id,
                                     too_large_outcome(exchange->request(), api::payload_size_max));
        co_await refuse(exchange, too_large(api::payload_size_max));
        co_return;
    }
    if (!body) { // broken off: who has only closed its sending side can read that
        environment_.abandon_answer(id);
        co_await refuse(exchange, truncated());
        co_return;
    }
    refusal = environment_.complete_answer(id, posted_outcome(exchange->request(), call));
    if (refusal)
        co_await refuse(exchange, std::move(*refusal));
    else
        co_await accept(exchange);
}

// A response that is passed on as it arrives. What has gone cannot be taken back: however it ends,
// that is the outcome.
task<> runtime_api::stream(http::exchange* exchange, std::string id, response_stream* to) {
    const std::uint64_t bytes_max = to->limits().bytes_max;
    to->start(exchange->request().header_or_empty("Content-Type"));
    const result<> passed = co_await pass_on(exchange, id);
    std::optional<api_refusal> refusal;
    if (passed) {
        refusal = environment_.complete_answer(
            id, posted_outcome(exchange->request(), runtime_call::response));
    } else if (passed.error() == make_error_code(errc::body_too_large)) {
        environment_.complete_answer(id, too_large_outcome(exchange->request(), bytes_max));
        refusal = too_large(bytes_max);
    } else {
        refusal = environment_.cut_answer(id);
        if (!refusal)
            refusal = truncated();
    }
    if (refusal)
        co_await refuse(exchange, std::move(*refusal));
    else
        co_await accept(exchange);
}

// The invocation may end while the runtime is silent; it is held only while its stream is written
// to.
task<result<>> runtime_api::pass_on(http::exchange* exchange, std::string_view id) {
    while (true) {
        const result<std::span<const std::byte>> piece =
            co_await exchange->read_some(environment_.ending());
        if (!piece)
            co_return failure(piece.error());
        if (piece->empty())
            co_return result<>{};
        invocation* const to = environment_.being_answered(id);
        if (to == nullptr)
            co_return failure(errc::cancelled);
        environment_.note_piece(id, *piece);
        const invocation::hold keeps_stream{*to};
        const result<> written = co_await to->stream->write(*piece, environment_.ending());
        if (!written)
            co_return failure(written.error());
    }
}

task<> runtime_api::init_error(http::exchange* exchange) {
    std::optional<api_refusal> refusal = environment_.begin_init_error();
    if (refusal) {
        co_await refuse(exchange, std::move(*refusal));
        co_return;
    }
    const result<std::span<const std::byte>> body =
        co_await exchange->read_body(environment_.ending());
    std::string document;
    if (body)
        document = posted_outcome(exchange->request(), runtime_call::error).body;
    else
        document = error_document("Runtime.Unknown", "The report of an init error broke off.");
    environment_.complete_init_error(std::move(document));
    if (body)
        co_await accept(exchange);
}

} // namespace spry::emulator
