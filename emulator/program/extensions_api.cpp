// SPDX-License-Identifier: Apache-2.0
// The Extensions API's calls, from HTTP to what becomes of them.
#include <spry/emulator/program/extensions.hpp>

#include <spry/core/json_writer.hpp>
#include <spry/emulator/identifiers.hpp>

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace spry::emulator {

namespace {

constexpr std::string_view register_path = "/2020-01-01/extension/register";
constexpr std::string_view next_path = "/2020-01-01/extension/event/next";
constexpr std::string_view init_error_path = "/2020-01-01/extension/init/error";
constexpr std::string_view exit_error_path = "/2020-01-01/extension/exit/error";

constexpr std::string_view telemetry_path = "/2022-07-01/telemetry";
constexpr std::string_view telemetry_path_too = "/2022-07-01/telemetry/"; // as AWS's guide has it
constexpr std::string_view logs_path = "/2020-08-15/logs";

constexpr std::string_view name_header = "Lambda-Extension-Name";
constexpr std::string_view identifier_header = "Lambda-Extension-Identifier";
constexpr std::string_view event_header = "Lambda-Extension-Event-Identifier";
constexpr std::string_view error_type_header = "Lambda-Extension-Function-Error-Type";
constexpr std::string_view features_header = "Lambda-Extension-Accept-Feature";

constexpr std::string_view account_id = "012345678912"; // of every ARN here

api_refusal refused(std::string_view type, std::string message) {
    return {403, type, std::move(message)};
}

api_refusal wrong_state(std::string_view name, std::string_view why) {
    return refused("Extension.InvalidExtensionState",
                   "Extension " + std::string{name} + " " + std::string{why});
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i != text.size(); ++i) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const std::string_view allowed = is_dash ? "-" : "0123456789abcdefABCDEF";
        if (allowed.find(text[i]) == allowed.npos)
            return false;
    }
    return true;
}

std::string registered(const function_program& of, bool with_account) {
    std::string_view handler = find_variable(of.environment, "AWS_LAMBDA_FUNCTION_HANDLER");
    if (handler.empty())
        handler = find_variable(of.environment, "_HANDLER");
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    to.key("functionName");
    to.string(of.name);
    to.key("functionVersion");
    to.string(of.version);
    to.key("handler");
    to.string(handler);
    if (with_account) {
        to.key("accountId");
        to.string(account_id);
    }
    to.end_object();
    return std::string{to.text()};
}

} // namespace

task<bool> extensions::handle(http::exchange& exchange, stop_token ending) {
    const std::string_view path = exchange.path();
    const bool is_post = exchange.method() == "POST";
    if (path == register_path && is_post) {
        co_await register_extension(&exchange, ending);
        co_return true;
    }
    const bool is_put = exchange.method() == "PUT";
    if (path == logs_path && is_put) { // the Telemetry API has taken its place
        api_refusal unsupported{202, "Logs.NotSupported", "Logs API is not supported"};
        co_await refuse_call(exchange, std::move(unsupported), ending);
        co_return true;
    }
    const bool subscribes = is_put && (path == telemetry_path || path == telemetry_path_too);
    const bool asks = path == next_path && exchange.method() == "GET";
    const bool reports = (path == init_error_path || path == exit_error_path) && is_post;
    if (!asks && !reports && !subscribes)
        co_return false;
    extension* who = nullptr;
    std::optional<api_refusal> refusal = identify(exchange, &who);
    if (refusal)
        co_await refuse_call(exchange, std::move(*refusal), ending);
    else if (subscribes)
        co_await subscribe(&exchange, who, ending);
    else if (asks)
        co_await next(&exchange, who, ending);
    else
        co_await report(&exchange, who, path == init_error_path, ending);
    co_return true;
}

std::optional<api_refusal> extensions::identify(const http::exchange& exchange, extension** found) {
    const std::string_view id = exchange.request().header_or_empty(identifier_header);
    if (id.empty())
        return refused("Extension.MissingExtensionIdentifier",
                       "There is no header " + std::string{identifier_header});
    if (!is_uuid(id))
        return refused("Extension.InvalidExtensionIdentifier",
                       std::string{identifier_header} + " is no UUID");
    for (const auto& each : all_) {
        if (each->id != id)
            continue;
        if (each->has_failed)
            return wrong_state(each->name, "has reported an error, and must exit");
        *found = each.get();
        return std::nullopt;
    }
    return refused("Extension.UnknownExtensionIdentifier",
                   "No extension has registered as " + std::string{id});
}

task<> extensions::register_extension(http::exchange* exchange, stop_token ending) {
    const result<std::span<const std::byte>> body = co_await exchange->read_body(ending);
    if (!body)
        co_return; // the server answers
    std::string name{exchange->request().header_or_empty(name_header)};
    const auto read = read_registration(exchange->request().text());
    std::optional<api_refusal> refusal;
    extension* admitted = nullptr;
    if (name.empty())
        refusal = refused("Extension.InvalidExtensionName",
                          "There is no header " + std::string{name_header});
    else if (!read)
        refusal = refused("InvalidRequestFormat",
                          R"(The body must be as in {"events":["INVOKE","SHUTDOWN"]})");
    else if (const std::string* const unknown = std::get_if<std::string>(&*read))
        refusal = refused("Extension.InvalidEventType",
                          *unknown + " is no event: there are INVOKE and SHUTDOWN");
    else
        refusal = admit(std::move(name), std::get<extension_events>(*read), &admitted);
    if (refusal) {
        co_await refuse_call(*exchange, std::move(*refusal), ending);
        co_return;
    }
    const bool with_account =
        lists_feature(exchange->request().header_or_empty(features_header), "accountId");
    exchange->add_header("Content-Type", "application/json");
    exchange->add_header(identifier_header, admitted->id);
    const std::string answer = registered(program_, with_account);
    (void)co_await exchange->respond(200, answer, ending);
}

std::optional<api_refusal> extensions::admit(std::string name, const extension_events& wants,
                                             extension** admitted) {
    extension* who = find(name);
    if (who != nullptr && !who->id.empty())
        return wrong_state(name, "has registered already");
    if (telemetry_.runtime_has_initialised() || shutting_down_)
        return refused("Extension.RegistrationClosed",
                       "The runtime has asked for its first event: " + name + " is too late");
    if (who == nullptr && wants.shutdown)
        return refused("Extension.InvalidEventType",
                       name + " is an internal extension, and there is no SHUTDOWN for these");
    if (who == nullptr && all_.size() >= extensions_max)
        return refused("Extension.TooManyExtensions",
                       "There are " + std::to_string(extensions_max) + " extensions already");
    if (who == nullptr) {
        all_.push_back(std::make_unique<extension>(loop_));
        who = all_.back().get();
        who->name = std::move(name);
    }
    who->id = make_request_id();
    who->wants = wants;
    changed_.set();
    *admitted = who;
    return std::nullopt;
}

task<> extensions::next(http::exchange* exchange, extension* of, stop_token ending) {
    const std::size_t call = ++of->asked;
    of->wake(); // an older call is over
    if (call == 1)
        telemetry_.extension_changed(of->name, "Ready", of->wants, {});
    if (of->event.empty() && !std::exchange(of->is_idle, true) && is_idle() && !shutting_down_)
        watcher_.extensions_changed();
    while (of->event.empty() && of->asked == call) {
        const result<> woken = co_await of->changed.wait(ending);
        if (!woken) {
            exchange->close_after();
            co_return;
        }
    }
    if (of->asked != call) {
        co_await refuse_call(*exchange,
                             wrong_state(of->name, "has asked for an event on another connection"),
                             ending);
        co_return;
    }
    const std::string event = std::exchange(of->event, {});
    exchange->add_header("Content-Type", "application/json");
    exchange->add_header(event_header, make_request_id());
    const result<> sent = co_await exchange->respond(200, event, ending);
    if (!sent && of->event.empty())
        of->event = event; // it may ask again
}

task<> extensions::report(http::exchange* exchange, extension* of, bool in_init,
                          stop_token ending) {
    const std::string type{exchange->request().header_or_empty(error_type_header)};
    std::optional<api_refusal> refusal;
    if (type.empty())
        refusal = refused("Extension.MissingHeader",
                          "There is no header " + std::string{error_type_header});
    else if (in_init && of->asked != 0)
        refusal = wrong_state(of->name, "has initialised already");
    if (refusal) {
        co_await refuse_call(*exchange, std::move(*refusal), ending);
        co_return;
    }
    of->has_failed = true;
    telemetry_.extension_changed(of->name, in_init ? "InitError" : "ExitError", of->wants, type);
    co_await accept_call(*exchange, ending);
    if (!shutting_down_)
        fail(type, "Extension " + of->name +
                       (in_init ? " could not initialise: " : " exits over an error: ") + type);
}

task<> extensions::subscribe(http::exchange* exchange, const extension* of, stop_token ending) {
    const result<std::span<const std::byte>> body = co_await exchange->read_body(ending);
    if (!body)
        co_return; // the server answers
    std::optional<api_refusal> refusal;
    telemetry_request read = read_telemetry_request(exchange->request().text());
    if (!telemetry_.is_open())
        refusal = refused("Telemetry.SubscriptionClosed",
                          "The function has initialised: " + of->name + " is too late");
    else if (!read.problem.empty())
        refusal = api_refusal{400, "ValidationError", std::move(read.problem)};
    if (refusal) {
        co_await refuse_call(*exchange, std::move(*refusal), ending);
        co_return;
    }
    telemetry_.subscribe(of->name, std::move(read.subscription));
    exchange->add_header("Content-Type", "application/json");
    (void)co_await exchange->respond(200, "\"OK\"", ending);
}

} // namespace spry::emulator
