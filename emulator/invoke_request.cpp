// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/invoke_request.hpp>

#include <spry/core/base64.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/emulator/function_table.hpp>
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

// White space between tokens may have line ends, and strings DEL, which a header cannot carry; JSON
// has either nowhere else.
void make_field_value(std::string& json) {
    std::replace(json.begin(), json.end(), '\n', ' ');
    std::replace(json.begin(), json.end(), '\r', ' ');
    for (std::size_t at = json.find('\x7f'); at != json.npos; at = json.find('\x7f', at))
        json.replace(at, 1, "\\u007f");
}

constexpr std::string_view invoke_date = "2015-03-31";
constexpr std::string_view invoke_with_response_stream_date = "2021-11-15";

struct function_path {
    std::string_view date;
    std::string_view operation;
    std::string name; // decoded
};

// Of /DATE/functions/NAME/OPERATION.
std::optional<function_path> read_function_path(std::string_view path) {
    const std::optional<std::string_view> date = http::next_segment(path);
    const std::optional<std::string_view> functions = http::next_segment(path);
    const std::optional<std::string_view> name = http::next_segment(path);
    const std::optional<std::string_view> operation = http::next_segment(path);
    if (!operation || functions != "functions" || http::next_segment(path))
        return std::nullopt;
    std::optional<std::string> decoded = http::percent_decode(*name);
    if (!decoded || decoded->empty())
        return std::nullopt;
    return function_path{*date, *operation, std::move(*decoded)};
}

} // namespace

std::optional<std::string> invoked_function(std::string_view path) {
    std::optional<function_path> read = read_function_path(path);
    if (!read || read->date != invoke_date || read->operation != "invocations")
        return std::nullopt;
    return std::move(read->name);
}

std::optional<std::string> streamed_function(std::string_view path) {
    std::optional<function_path> read = read_function_path(path);
    if (!read || read->operation != "response-streaming-invocations" ||
        (read->date != invoke_date && read->date != invoke_with_response_stream_date))
        return std::nullopt;
    return std::move(read->name);
}

std::optional<std::string> decode_client_context(std::string_view header) {
    std::optional<std::string> decoded = base64::decode(header, base64::padding::optional);
    if (!decoded || json::find_syntax_error(*decoded))
        return std::nullopt;
    make_field_value(*decoded);
    return decoded;
}

namespace {

std::optional<service_error> read_name(const http::message& request, invoke_request* into) {
    const std::optional<function_reference> reference = parse_function_reference(into->function);
    if (!reference)
        return invalid_parameter("A function's name is a name of at most 64 letters, digits, - "
                                 "and _, a partial ARN or an ARN, with or without a qualifier.");
    into->qualifier = reference->qualifier;
    const std::optional<std::string> asked = http::query_parameter(request.query(), "Qualifier");
    if (!asked)
        return std::nullopt;
    if (!is_qualifier(*asked))
        return invalid_parameter("A qualifier is a version, an alias or $LATEST.");
    if (!into->qualifier.empty() && into->qualifier != *asked)
        return invalid_parameter("The derived qualifier from the function name does not match the "
                                 "specified qualifier.");
    into->qualifier = *asked;
    return std::nullopt;
}

std::optional<service_error> read_request_id(std::string_view id, invoke_request* into) {
    // It becomes a header's value and part of a path.
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    if (id.size() > request_id_size_max || id.find_first_not_of(allowed) != id.npos)
        return invalid_parameter("X-Amzn-RequestId may have at most 64 letters, digits, -, _ "
                                 "and full stops.");
    into->request_id = id;
    return std::nullopt;
}

std::optional<service_error> read_headers(const http::message& request, invoke_request* into) {
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
    if (context.size() > client_context_bytes_max)
        return invalid_content("The client context is larger than " +
                               std::to_string(client_context_bytes_max) + " bytes.");
    if (!context.empty()) {
        std::optional<std::string> decoded = decode_client_context(context);
        if (!decoded)
            return invalid_content("Client context must be a valid Base64-encoded JSON object.");
        into->client_context = std::move(*decoded);
    }
    return read_request_id(request.header_or_empty("X-Amzn-RequestId"), into);
}

} // namespace

std::optional<service_error> read_invoke_request(const http::message& request, std::string function,
                                                 invoke_request* into) {
    into->function = std::move(function);
    std::optional<service_error> wrong = read_name(request, into);
    if (!wrong)
        wrong = read_headers(request, into);
    return wrong;
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
