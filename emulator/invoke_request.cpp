// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/invoke_request.hpp>

#include <spry/core/base64.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/http/target.hpp>

#include <algorithm>
#include <utility>

namespace spry::emulator {

namespace {

service_error invalid_parameter(std::string message) {
    return {400, "InvalidParameterValueException", std::move(message)};
}

service_error invalid_content(std::string message) {
    return {400, "InvalidRequestContentException", std::move(message)};
}

// White space between tokens may have line ends, which a header cannot carry; inside strings JSON
// has none.
void make_one_line(std::string& json) {
    std::replace(json.begin(), json.end(), '\n', ' ');
    std::replace(json.begin(), json.end(), '\r', ' ');
}

} // namespace

std::optional<std::string> invoked_function(std::string_view path) {
    const std::optional<std::string_view> version = http::next_segment(path);
    const std::optional<std::string_view> functions = http::next_segment(path);
    const std::optional<std::string_view> name = http::next_segment(path);
    const std::optional<std::string_view> invocations = http::next_segment(path);
    if (version != "2015-03-31" || functions != "functions" || invocations != "invocations" ||
        http::next_segment(path))
        return std::nullopt;
    std::optional<std::string> decoded = http::percent_decode(*name);
    if (decoded && decoded->empty())
        return std::nullopt;
    return decoded;
}

std::optional<service_error> check_function_name(std::string_view name) {
    // It becomes part of a header: what percent-decoding has made of it is not trusted.
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:$";
    if (name.size() <= function_name_size_max && name.find_first_not_of(allowed) == name.npos)
        return std::nullopt;
    return invalid_parameter(
        "A function's name is a name, a partial ARN or an ARN, with or without "
        "a qualifier.");
}

std::optional<service_error> read_invoke_headers(const http::message& request,
                                                 invoke_request* into) {
    const std::string_view type = request.header_or_empty("X-Amz-Invocation-Type");
    if (type == "Event") {
        into->type = invocation_type::event;
    } else if (type == "DryRun") {
        into->type = invocation_type::dry_run;
    } else if (!type.empty() && type != "RequestResponse") {
        return invalid_parameter("X-Amz-Invocation-Type must be RequestResponse, Event or DryRun.");
    }

    const std::string_view log_type = request.header_or_empty("X-Amz-Log-Type");
    if (!log_type.empty() && log_type != "None" && log_type != "Tail")
        return invalid_parameter("X-Amz-Log-Type must be None or Tail.");
    into->wants_log_tail = log_type == "Tail" && into->type == invocation_type::request_response;

    const std::string_view context = request.header_or_empty("X-Amz-Client-Context");
    if (context.empty())
        return std::nullopt;
    if (context.size() > client_context_bytes_max)
        return invalid_content("The client context is larger than " +
                               std::to_string(client_context_bytes_max) + " bytes.");
    std::optional<std::string> decoded = base64::decode(context, base64::padding::optional);
    if (!decoded || json::find_syntax_error(*decoded))
        return invalid_content("Client context must be a valid Base64-encoded JSON object.");
    make_one_line(*decoded);
    into->client_context = std::move(*decoded);
    return std::nullopt;
}

std::optional<service_error> check_event(std::string_view event) {
    const std::optional<json::syntax_error> wrong = json::find_syntax_error(event);
    if (!wrong)
        return std::nullopt;
    std::string message = "Could not parse request body into json: ";
    message += wrong->reason;
    message += " at byte ";
    message += std::to_string(wrong->byte);
    return invalid_content(std::move(message));
}

} // namespace spry::emulator
