// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/rie_api.hpp>

#include <spry/core/base64.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/emulator/caller_check.hpp>
#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_table.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/invoke_request.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/head_builder.hpp>

#include <algorithm>
#include <chrono>
#include <memory_resource>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

constexpr std::string_view only_path = "/2015-03-31/functions/function/invocations";

// The other order than everywhere else.
std::string type_and_message(std::string_view type, std::string_view message) {
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    to.key("errorType");
    to.string(type);
    to.key("errorMessage");
    to.string(message);
    to.end_object();
    return std::string{to.text()};
}

} // namespace

std::string_view sniffed_content_type(std::string_view body) noexcept {
    constexpr std::size_t looked_at = 512;
    const auto is_binary = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x08 || byte == 0x0b || (byte >= 0x0e && byte <= 0x1a) ||
               (byte >= 0x1c && byte <= 0x1f);
    };
    body = body.substr(0, looked_at);
    return std::any_of(body.begin(), body.end(), is_binary) ? "application/octet-stream"
                                                            : "text/plain; charset=utf-8";
}

std::unique_ptr<front_door> make_rie_api(const front_door_parts& parts) {
    return std::make_unique<rie_api>(parts);
}

task<> rie_api::handle(http::exchange& exchange) {
    const std::string_view refusal =
        refuse_caller(caller_of(exchange), parts_.loopback_bind, parts_.allowed_hosts);
    if (!refusal.empty()) {
        co_await respond(&exchange, 403, refusal);
    } else if (exchange.path() != only_path) {
        co_await respond(&exchange, 404, "404 page not found\n");
    } else {
        co_await invoke(&exchange);
    }
}

task<> rie_api::invoke(http::exchange* exchange) {
    const http::message& request = exchange->request();
    invocation work{parts_.loop};
    const std::optional<std::string> context =
        base64::decode(request.header_or_empty("X-Amz-Client-Context"), base64::padding::required);
    if (!context) {
        co_await respond(exchange, 500, {});
        co_return;
    }
    work.client_context = *context;
    std::replace_if(
        work.client_context.begin(), work.client_context.end(),
        [](const char& c) { return !http::is_field_value({&c, 1}); }, ' ');
    const std::optional<std::string> event = co_await read_event(exchange);
    if (!event)
        co_return;

    dispatcher& function = *parts_.functions.find("function");
    work.event = std::as_bytes(std::span{*event});
    work.request_id = make_request_id();
    work.function_arn = function_arn(function.program());
    work.trace_id = request.header_or_empty("X-Amzn-Trace-Id");
    if (work.trace_id.empty())
        work.trace_id = make_trace_id(std::chrono::system_clock::now());
    work.tenant_id = request.header_or_empty("X-Amz-Tenant-Id");
    work.content_type = "application/json";
    work.waits_for_end = true;
    const dispatcher::admission admitted = function.submit(work);
    if (admitted != dispatcher::admission::accepted) {
        co_await respond(exchange, admitted == dispatcher::admission::too_many ? 400 : 504, {});
        co_return;
    }
    co_await work.finished();
    function.finished();
    co_await answer(exchange, &work);
}

// What is beyond the limit is left out.
task<std::optional<std::string>> rie_api::read_event(http::exchange* exchange) {
    std::string event;
    while (true) {
        const result<std::span<const std::byte>> piece = co_await exchange->read_some(parts_.stop);
        if (!piece)
            co_return std::nullopt;
        if (piece->empty())
            co_return event;
        const std::size_t room = runtime_api::payload_size_max - event.size();
        event.append(reinterpret_cast<const char*>(piece->data()), std::min(piece->size(), room));
    }
}

task<> rie_api::answer(http::exchange* exchange, const invocation* what) {
    using cause = function_outcome::cause;
    const function_outcome& outcome = what->outcome;
    int status = 200;
    std::string body;
    if (outcome.what == function_outcome::kind::response) {
        status = what->exited_behind_answer ? 502 : 200;
        body = outcome.body;
    } else if (outcome.what != function_outcome::kind::error) {
        status = outcome.what == function_outcome::kind::unavailable ? 502 : 504;
    } else if (outcome.why == cause::reported) {
        status = what->exited_behind_answer ? 502 : 200;
        body = outcome.body;
    } else if (outcome.why == cause::init_reported) {
        status = 502;
        body = outcome.body;
    } else if (outcome.why == cause::too_large || outcome.why == cause::bad_mode) {
        status = what->exited_behind_answer ? 502 : 200;
        body = type_and_message(outcome.type, outcome.message);
    } else if (outcome.why == cause::timed_out) {
        const function_program& program = parts_.functions.find("function")->program();
        body = "Task timed out after " + seconds_text(program.timeout) + " seconds";
    } else {
        status = 502; // with a body only where the process had its event
        if (outcome.why == cause::exited)
            body = type_and_message(outcome.type, outcome.message);
    }
    co_await respond(exchange, status, body);
}

task<> rie_api::respond(http::exchange* exchange, int status, std::string_view body) {
    if (!body.empty())
        exchange->add_header("Content-Type", sniffed_content_type(body));
    (void)co_await exchange->respond(status, body, parts_.give_up);
}

task<> rie_api::finish() {
    co_return; // every invocation has a caller who waits
}

} // namespace spry::emulator
