// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/invoke_api.hpp>

#include <spry/core/base64.hpp>
#include <spry/emulator/caller_check.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace spry::emulator {

namespace {

service_error too_large(std::size_t bytes_max) {
    return {413, "RequestTooLargeException",
            "Request must be smaller than " + std::to_string(bytes_max) +
                " bytes for the InvokeFunction operation"};
}

service_error not_admitted(dispatcher::admission why) {
    if (why == dispatcher::admission::too_many)
        return {429, "TooManyRequestsException", "Rate Exceeded."};
    return {500, "ServiceException", "The emulator is stopping."};
}

caller_headers caller_of(const http::exchange& exchange) {
    return {exchange.header("Host"), exchange.header("Origin"), exchange.header("Sec-Fetch-Site")};
}

} // namespace

invoke_api::invoke_api(io::event_loop& loop, const function_program& program, dispatcher& to,
                       options what, stop_token stop, stop_token give_up)
    : loop_(loop),
      program_(program),
      dispatcher_(to),
      options_(std::move(what)),
      stop_(stop),
      give_up_(give_up) {}

task<> invoke_api::handle(http::exchange& exchange) {
    const std::string_view refusal =
        refuse_caller(caller_of(exchange), options_.loopback_bind, options_.allowed_hosts);
    if (!refusal.empty()) {
        service_error why{403, "AccessDeniedException", std::string{refusal}};
        co_await refuse(&exchange, std::move(why));
        co_return;
    }
    if (exchange.path() == "/") {
        co_await greet(&exchange);
        co_return;
    }
    std::optional<std::string> function = invoked_function(exchange.path());
    if (!function) {
        service_error why{404, "UnknownOperationException",
                          "Nothing is here; invoke with POST "
                          "/2015-03-31/functions/function/invocations"};
        co_await refuse(&exchange, std::move(why));
        co_return;
    }
    if (exchange.method() != "POST") {
        exchange.add_header("Allow", "POST");
        service_error why{405, "MethodNotAllowedException", "Functions are invoked with POST."};
        co_await refuse(&exchange, std::move(why));
        co_return;
    }
    co_await invoke(&exchange, std::move(*function));
}

task<> invoke_api::greet(http::exchange* exchange) {
    if (exchange->method() != "GET" && exchange->method() != "HEAD") {
        exchange->add_header("Allow", "GET, HEAD");
        service_error why{405, "MethodNotAllowedException", "This page can only be read."};
        co_await refuse(exchange, std::move(why));
        co_return;
    }
    exchange->add_header("Content-Type", "text/plain; charset=utf-8");
    constexpr std::string_view hint =
        "spry's local Lambda: POST an event to /2015-03-31/functions/function/invocations\n";
    (void)co_await exchange->respond(200, hint, give_up_);
}

task<> invoke_api::invoke(http::exchange* exchange, std::string function) {
    invoke_request request;
    std::optional<service_error> wrong = check_function_name(function);
    if (!wrong)
        wrong = read_invoke_headers(exchange->request(), &request);
    if (wrong) {
        co_await refuse(exchange, std::move(*wrong));
        co_return;
    }
    const result<std::span<const std::byte>> body = co_await exchange->read_body(stop_);
    if (!body) {
        if (body.error() == make_error_code(errc::body_too_large))
            co_await refuse(exchange, too_large(runtime_api::payload_size_max));
        co_return;
    }

    invocation work{loop_};
    work.event = *body;
    if (work.event.empty()) {
        static constexpr std::string_view no_event = "{}";
        work.event = std::as_bytes(std::span{no_event});
    }
    wrong = check_event({reinterpret_cast<const char*>(work.event.data()), work.event.size()});
    if (!wrong && request.type == invocation_type::event &&
        work.event.size() > async_event_bytes_max)
        wrong = too_large(async_event_bytes_max);
    if (wrong) {
        co_await refuse(exchange, std::move(*wrong));
        co_return;
    }
    describe(exchange->request(), function, work);
    work.client_context = std::move(request.client_context);
    work.wants_log_tail = request.wants_log_tail;

    exchange->add_header("x-amzn-RequestId", work.request_id);
    if (request.type == invocation_type::dry_run) {
        (void)co_await exchange->respond(204, std::string_view{}, give_up_);
    } else if (request.type == invocation_type::event) {
        co_await run_later(exchange, &work);
    } else {
        co_await run_and_answer(exchange, &work);
    }
}

void invoke_api::describe(const http::message& request, const std::string& function,
                          invocation& what) {
    what.request_id = make_request_id();
    what.function_arn = function.starts_with("arn:") ? function : function_arn(program_);
    what.trace_id = request.header_or_empty("X-Amzn-Trace-Id");
    if (what.trace_id.empty())
        what.trace_id = make_trace_id(std::chrono::system_clock::now());
    what.tenant_id = request.header_or_empty("X-Amz-Tenant-Id");
    // What curl -d calls a form is JSON here all the same.
    what.content_type = "application/json";
}

task<> invoke_api::run_and_answer(http::exchange* exchange, invocation* what) {
    const dispatcher::admission admitted = dispatcher_.submit(*what);
    if (admitted != dispatcher::admission::accepted) {
        co_await refuse(exchange, not_admitted(admitted));
        co_return;
    }
    co_await what->finished();
    if (what->outcome.what == function_outcome::kind::stopped) {
        service_error why{500, "ServiceException",
                          "The emulator was stopped before the function had answered."};
        co_await refuse(exchange, std::move(why));
        co_return;
    }
    exchange->add_header("Content-Type", "application/json");
    exchange->add_header("X-Amz-Executed-Version", program_.version);
    exchange->add_header("X-Amzn-Trace-Id", what->trace_id);
    if (what->outcome.what == function_outcome::kind::error)
        exchange->add_header("X-Amz-Function-Error", "Unhandled");
    if (what->wants_log_tail)
        exchange->add_header("X-Amz-Log-Result", base64::encode(what->log_tail));
    (void)co_await exchange->respond(200, std::string_view{what->outcome.body}, give_up_);
}

// The request's memory ends with its answer, so the invocation takes a copy of the event.
task<> invoke_api::run_later(http::exchange* exchange, invocation* like) {
    auto later = std::make_unique<background_invocation>(loop_, *like);
    const dispatcher::admission admitted = dispatcher_.submit(later->work);
    if (admitted != dispatcher::admission::accepted) {
        co_await refuse(exchange, not_admitted(admitted));
        co_return;
    }
    background_.spawn(await_end(std::move(later)));
    (void)co_await exchange->respond(202, std::string_view{}, give_up_);
}

invoke_api::background_invocation::background_invocation(io::event_loop& loop,
                                                         const invocation& like)
    : event(reinterpret_cast<const char*>(like.event.data()), like.event.size()), work(loop) {
    work.request_id = like.request_id;
    work.function_arn = like.function_arn;
    work.trace_id = like.trace_id;
    work.client_context = like.client_context;
    work.tenant_id = like.tenant_id;
    work.content_type = like.content_type;
    work.event = std::as_bytes(std::span{event});
}

task<> invoke_api::await_end(std::unique_ptr<background_invocation> later) {
    co_await later->work.finished();
}

task<> invoke_api::refuse(http::exchange* exchange, service_error why) {
    exchange->add_header("Content-Type", "application/json");
    exchange->add_header("x-amzn-ErrorType", why.type);
    const std::string body =
        service_error_document(why.status < 500 ? "User" : "Service", why.message);
    (void)co_await exchange->respond(why.status, body, give_up_);
}

task<> invoke_api::finish() {
    co_await background_.join();
}

} // namespace spry::emulator
