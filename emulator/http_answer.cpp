// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/http_answer.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/base64.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/result.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/headers.hpp>

#include <cstdint>
#include <map>

namespace spry::emulator {

namespace {

struct status_document {
    std::optional<json::raw> statusCode;
};
SPRY_JSON(status_document, statusCode)

// Values of headers are texts, and numbers and the like are taken for texts.
struct answer_document {
    std::optional<std::int64_t> statusCode;
    std::optional<std::map<std::string, json::raw>> headers;
    std::optional<std::vector<std::string>> cookies;
    std::optional<std::string> body;
    std::optional<bool> isBase64Encoded;
};
SPRY_JSON(answer_document, statusCode, headers, cookies, body, isBase64Encoded)

constexpr std::int64_t status_min = 200; // an interim answer is no answer
constexpr std::int64_t status_max = 599;

// What a header's value says, or none: a list or an object is no text.
std::optional<std::string> text_of(json::reader& reader, arena& memory, json::raw value) {
    const char first = value.text.front();
    if (first == '{' || first == '[')
        return std::nullopt;
    if (first != '"')
        return std::string{value.text};
    const result<std::string> text = reader.read<std::string>(value.text, memory);
    if (!text)
        return std::nullopt;
    return *text;
}

// The text, with what simdjson reads behind it.
std::string padded(std::string_view text) {
    std::string copy;
    copy.reserve(text.size() + json::padding);
    copy += text;
    copy.append(json::padding, ' ');
    return copy;
}

// Whether it is an object with a `statusCode`, or was meant to be one and is no JSON.
bool has_status(std::string_view json) {
    json::reader reader;
    arena memory;
    const result<status_document> read = reader.read<status_document>(json, memory);
    if (read)
        return read->statusCode.has_value();
    return http::trim_blanks(json).starts_with('{') && json.find("\"statusCode\"") != json.npos;
}

std::optional<http_answer> read_document(std::string_view json) {
    json::reader reader;
    json::reader values;
    arena memory;
    const result<answer_document> read = reader.read<answer_document>(json, memory);
    if (!read)
        return std::nullopt;
    http_answer answer;
    const std::int64_t status = read->statusCode.value_or(answer.status);
    if (status < status_min || status > status_max)
        return std::nullopt;
    answer.status = static_cast<int>(status);
    if (read->headers) {
        for (const auto& [name, value] : *read->headers) {
            if (value.text == "null")
                continue;
            std::optional<std::string> text = text_of(values, memory, value);
            if (!text || !http::is_token(name) || !http::is_field_value(*text))
                return std::nullopt;
            answer.headers.emplace_back(name, std::move(*text));
        }
    }
    if (read->cookies) {
        for (const std::string& each : *read->cookies) {
            if (!http::is_field_value(each))
                return std::nullopt;
            answer.headers.emplace_back("Set-Cookie", each);
        }
    }
    if (!read->body)
        return answer;
    if (!read->isBase64Encoded.value_or(false)) {
        answer.body = *read->body;
        return answer;
    }
    std::optional<std::string> decoded = base64::decode(*read->body, base64::padding::optional);
    if (!decoded)
        return std::nullopt;
    answer.body = std::move(*decoded);
    return answer;
}

} // namespace

std::optional<http_answer> read_http_answer(std::string_view response) {
    const std::string copy = padded(response);
    const std::string_view json = std::string_view{copy}.substr(0, response.size());
    if (has_status(json))
        return read_document(json);
    http_answer answer;
    answer.headers.emplace_back("Content-Type", "application/json");
    answer.body = response;
    return answer;
}

std::optional<http_answer> read_prelude(std::string_view prelude) {
    const std::string copy = padded(prelude);
    std::optional<http_answer> answer =
        read_document(std::string_view{copy}.substr(0, prelude.size()));
    if (answer)
        answer->body.clear();
    return answer;
}

} // namespace spry::emulator
