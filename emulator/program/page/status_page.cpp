// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/page/status_page.hpp>

#include <spry/core/stop_token.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/caller_check.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/invoke_api.hpp>
#include <spry/emulator/invoke_request.hpp>
#include <spry/emulator/program/events/sample_events.hpp>
#include <spry/emulator/send_patience.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/target.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded";

std::optional<std::uint64_t> read_number(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || behind != end)
        return std::nullopt;
    return number;
}

// As it was typed: a form's text has CR LF for every line end.
std::string with_plain_line_ends(std::string text) {
    std::erase(text, '\r');
    return text;
}

bool is_form(const http::exchange& exchange) {
    std::string_view type = exchange.request().header_or_empty("Content-Type");
    type = type.substr(0, type.find(';'));
    return http::equal_ignoring_case(type, form_type);
}

task<> end_after(io::event_loop* loop, std::chrono::seconds time, stop_source* over) {
    const result<> slept = co_await loop->sleep_for(time, over->token());
    if (slept)
        over->request_stop();
}

task<> end_with_peer(http::exchange* exchange, stop_source* over) {
    const result<> gone = co_await exchange->peer_gone(over->token());
    if (gone)
        over->request_stop();
}

std::string field(std::string_view form, std::string_view name) {
    return http::query_parameter(form, name).value_or("");
}

} // namespace

status_page::status_page(const front_door_parts& parts)
    : parts_(parts),
      behind_(make_invoke_api(parts)),
      home_(home_of(parts.http)),
      token_(make_request_id()),
      record_(parts.loop) {
    if (parts.http == http_front::alone)
        return;
    for (const auto& each : parts.functions.all())
        each->observe(&record_);
}

std::string_view home_of(http_front front) noexcept {
    switch (front) {
    case http_front::none:
        return "/";
    case http_front::beside:
        return page_path;
    case http_front::alone:
        break;
    }
    return {};
}

std::unique_ptr<front_door> make_status_page(const front_door_parts& parts) {
    return std::make_unique<status_page>(parts);
}

bool status_page::is_own_path(std::string_view path) const noexcept {
    if (parts_.http == http_front::alone)
        return false;
    return path == home_ || path.starts_with(page_path) || path == "/_spry";
}

task<> status_page::handle(http::exchange& exchange) {
    const std::string_view path = exchange.path();
    if (!is_own_path(path)) {
        co_await behind_->handle(exchange);
        co_return;
    }
    const std::string_view refusal =
        refuse_browser(caller_of(exchange), parts_.loopback_bind, parts_.allowed_hosts);
    const bool is_get = exchange.method() == "GET" || exchange.method() == "HEAD";
    const bool takes_forms = path == send_path;
    if (!refusal.empty()) {
        std::string why{refusal};
        co_await refuse(&exchange, 403, "Refused", std::move(why));
    } else if (takes_forms ? exchange.method() != "POST" : !is_get) {
        exchange.add_header("Allow", takes_forms ? "POST" : "GET, HEAD");
        std::string why =
            takes_forms ? "Events are sent with POST." : "This page can only be read.";
        co_await refuse(&exchange, 405, "Not here", std::move(why));
    } else if (takes_forms) {
        co_await take_form(&exchange);
    } else if (path == changes_path) {
        co_await tell_changes(&exchange);
    } else if (path.starts_with(invocations_path)) {
        co_await show_invocation(&exchange, path.substr(invocations_path.size()));
    } else if (path == home_ || path == page_path) {
        co_await show(&exchange);
    } else {
        co_await refuse(&exchange, 404, "Nothing is here", "The status page has no such part.");
    }
}

// The form as a link asks for it: with a sample event, or with one that was sent before.
form_content status_page::asked_for(std::string_view query) const {
    form_content form;
    form.sample = field(query, "sample");
    if (!form.sample.empty()) {
        event_origin origin;
        const auto& environment = parts_.functions.all().front()->program().environment;
        const std::string_view region = find_variable(environment, "AWS_REGION");
        if (!region.empty())
            origin.region = region;
        origin.now = std::chrono::system_clock::now();
        std::optional<std::string> event = make_sample_event(form.sample, origin);
        if (event)
            form.event = std::move(*event);
        else
            form.problem = no_such_event(form.sample);
    }
    const std::optional<std::uint64_t> again = read_number(field(query, "again"));
    const recorded_invocation* const before = again ? record_.find(*again) : nullptr;
    if (before != nullptr && before->event.is_whole()) {
        form.function = before->function;
        form.event = before->event.text;
    }
    return form;
}

task<> status_page::show(http::exchange* exchange) {
    form_content form = asked_for(exchange->query());
    const int status = form.problem.empty() ? 200 : 404;
    co_await show_form(exchange, status, std::move(form));
}

task<> status_page::show_form(http::exchange* exchange, int status, form_content form) {
    std::string nonce;
    const page_frame frame = begin_page(*exchange, &nonce);
    std::string html =
        status_page_html(frame, parts_.functions, record_, form, token_, io::clock::now());
    co_await respond(exchange, status, std::move(html));
}

task<> status_page::show_invocation(http::exchange* exchange, std::string_view number) {
    const std::optional<std::uint64_t> wanted = read_number(number);
    const recorded_invocation* const found = wanted ? record_.find(*wanted) : nullptr;
    if (found == nullptr) {
        std::string why = "There is no such invocation, or it has been forgotten: the last " +
                          std::to_string(recorded_invocations_max) + " are kept.";
        co_await refuse(exchange, 404, "Nothing is here", std::move(why));
        co_return;
    }
    std::string nonce;
    const page_frame frame = begin_page(*exchange, &nonce);
    std::string html = invocation_html(frame, *found, io::clock::now());
    co_await respond(exchange, 200, std::move(html));
}

// Answers when there is something to see, or after a while, since ages change by themselves.
task<> status_page::tell_changes(http::exchange* exchange) {
    const std::uint64_t seen = read_number(field(exchange->query(), "since")).value_or(0);
    stop_source over;
    auto end = [&over] { over.request_stop(); };
    const stop_callback<decltype(end)> on_stop{parts_.stop, end};
    task_scope patience;
    patience.spawn(end_after(&parts_.loop, changes_wait_max, &over));
    patience.spawn(end_with_peer(exchange, &over));
    (void)co_await record_.changed_since(seen, over.token());
    over.request_stop();
    co_await patience.join();
    exchange->add_header("Content-Type", "text/plain; charset=utf-8");
    exchange->add_header("Cache-Control", "no-store");
    const std::string version = std::to_string(record_.version()) + "\n";
    (void)co_await exchange->respond(200, version, parts_.give_up);
}

task<> status_page::take_form(http::exchange* exchange) {
    if (!is_form(*exchange)) {
        std::string why =
            "Events are sent by the form of the status page, as " + std::string{form_type} + ".";
        co_await refuse(exchange, 415, "Refused", std::move(why));
        co_return;
    }
    const result<std::span<const std::byte>> body = co_await exchange->read_body(parts_.stop);
    if (!body) {
        if (body.error() == make_error_code(errc::body_too_large))
            co_await refuse(exchange, 413, "Refused", "The event is too large for this form.");
        co_return;
    }
    const std::string_view text = exchange->request().text();
    form_content form;
    form.function = field(text, "function");
    form.event = with_plain_line_ends(field(text, "event"));
    if (field(text, "token") != token_) {
        form.problem = "This form was not made by this emulator, or by an earlier run of it: "
                       "look at the event, and send it again.";
        co_await show_form(exchange, 403, std::move(form));
        co_return;
    }
    co_await send_event(exchange, std::move(form));
}

// The page that shows it has an address of its own, so that reloading it sends nothing again.
task<> status_page::send_event(http::exchange* exchange, form_content form) {
    dispatcher* const to = parts_.functions.find(form.function);
    const std::optional<service_error> wrong = check_event(form.event);
    if (to == nullptr)
        form.problem = "There is no function " + form.function + ".";
    else if (wrong)
        form.problem = wrong->message + ".";
    else if (form.event.size() > runtime_api::payload_size_max)
        form.problem = "The event is larger than 6 MiB.";
    if (to == nullptr || !form.problem.empty()) {
        co_await show_form(exchange, 400, std::move(form));
        co_return;
    }
    invocation work{parts_.loop};
    work.event = std::as_bytes(std::span{form.event});
    work.request_id = make_request_id();
    work.function_arn = function_arn(to->program());
    work.trace_id = make_trace_id(std::chrono::system_clock::now());
    work.content_type = "application/json";
    work.waits_for_end = true;
    const dispatcher::admission admitted = to->submit(work);
    if (admitted != dispatcher::admission::accepted) {
        const bool is_full = admitted == dispatcher::admission::too_many;
        form.problem = is_full ? "Too many invocations wait already." : "The emulator is stopping.";
        co_await show_form(exchange, is_full ? 429 : 503, std::move(form));
        co_return;
    }
    co_await work.finished();
    to->finished();
    const recorded_invocation* const sent = record_.find(work.request_id);
    const std::string where = sent == nullptr
                                  ? std::string{home_}
                                  : std::string{invocations_path} + std::to_string(sent->number);
    exchange->add_header("Location", where);
    exchange->add_header("Cache-Control", "no-store");
    (void)co_await exchange->respond(303, std::string_view{}, parts_.give_up);
}

// The nonce is as long as its page: a new one each time, so that nobody can know it.
page_frame status_page::begin_page(http::exchange& exchange, std::string* nonce) const {
    *nonce = make_request_id();
    const std::string policy = "default-src 'none'; script-src 'nonce-" + *nonce +
                               "'; style-src 'nonce-" + *nonce +
                               "'; img-src data:; connect-src 'self'; form-action 'self'; "
                               "base-uri 'none'; frame-ancestors 'none'";
    exchange.add_header("Content-Type", "text/html; charset=utf-8");
    exchange.add_header("Content-Security-Policy", policy);
    exchange.add_header("X-Frame-Options", "DENY");
    exchange.add_header("X-Content-Type-Options", "nosniff");
    exchange.add_header("Cross-Origin-Opener-Policy", "same-origin");
    exchange.add_header("Cross-Origin-Resource-Policy", "same-origin");
    exchange.add_header("Cache-Control", "no-store");
    // Without a referrer at all, browsers would not say the Origin of the page's own forms.
    exchange.add_header("Referrer-Policy", "same-origin");
    return {home_, *nonce, record_.version()};
}

task<> status_page::refuse(http::exchange* exchange, int status, std::string_view title,
                           std::string why) {
    std::string nonce;
    const page_frame frame = begin_page(*exchange, &nonce);
    std::string html = refusal_html(frame, title, why);
    co_await respond(exchange, status, std::move(html));
}

task<> status_page::respond(http::exchange* exchange, int status, std::string html) {
    co_await respond_patiently(exchange, status, html, &parts_.loop, parts_.give_up);
}

task<> status_page::finish() {
    co_await behind_->finish();
}

} // namespace spry::emulator
