// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/http_answer.hpp>

#include <spry/core/base64.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/emulator/json_members.hpp>
#include <spry/http/head_builder.hpp>

#include <array>
#include <charconv>
#include <map>

namespace spry::emulator {

namespace {

// The members that mean something, as they are written. What is null counts as absent; of several
// with one name the first counts.
struct answer_document {
    std::optional<std::string_view> status_code;
    std::optional<std::string_view> headers;
    std::optional<std::string_view> cookies;
    std::optional<std::string_view> body;
    std::optional<std::string_view> is_base64_encoded;
};

constexpr int status_min = 200; // an interim answer is no answer
constexpr int status_max = 599;

// `object` is one, and valid.
answer_document members_of(std::string_view object) {
    answer_document document;
    const std::array<std::pair<std::string_view, std::optional<std::string_view>*>, 5> known{{
        {"statusCode", &document.status_code},
        {"headers", &document.headers},
        {"cookies", &document.cookies},
        {"body", &document.body},
        {"isBase64Encoded", &document.is_base64_encoded},
    }};
    for (json_members members{object}; const auto member = members.next();) {
        const std::string key = json_text(member->key);
        for (const auto& [name, place] : known) {
            if (key == name && !*place)
                *place = member->value;
        }
    }
    for (const auto& [name, place] : known) {
        if (*place == "null")
            place->reset();
    }
    return document;
}

// None but for a string.
std::optional<std::string> read_text(std::string_view value) {
    return value.starts_with('"') ? std::optional{json_text(value)} : std::nullopt;
}

std::optional<bool> read_bool(std::string_view value) {
    return value == "true"    ? std::optional{true}
           : value == "false" ? std::optional{false}
                              : std::nullopt;
}

std::optional<int> read_status(std::string_view value) {
    int status = 0;
    const char* const end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, status);
    if (error != std::errc{} || stopped != end || status < status_min || status > status_max)
        return std::nullopt;
    return status;
}

// What a header's value says: numbers and the like are taken for texts; a list or an object is
// none.
std::optional<std::string> read_header_value(std::string_view value) {
    if (value.starts_with('{') || value.starts_with('['))
        return std::nullopt;
    return value.starts_with('"') ? json_text(value) : std::string{value};
}

bool add_headers(http_answer& answer, std::string_view object) {
    if (!object.starts_with('{'))
        return false;
    std::map<std::string, std::string_view> values;
    for (json_members members{object}; const auto member = members.next();)
        values.try_emplace(json_text(member->key), member->value);
    for (const auto& [name, value] : values) {
        if (value == "null")
            continue;
        std::optional<std::string> text = read_header_value(value);
        if (!text || !http::is_token(name) || !http::is_field_value(*text))
            return false;
        answer.headers.emplace_back(name, std::move(*text));
    }
    return true;
}

bool add_cookies(http_answer& answer, std::string_view array) {
    if (!array.starts_with('['))
        return false;
    for (json_members members{array}; const auto member = members.next();) {
        std::optional<std::string> text = read_text(member->value);
        if (!text || !http::is_field_value(*text))
            return false;
        answer.headers.emplace_back("Set-Cookie", std::move(*text));
    }
    return true;
}

bool set_body(http_answer& answer, std::string_view body, bool is_base64_encoded) {
    std::optional<std::string> text = read_text(body);
    if (text && is_base64_encoded)
        text = base64::decode(*text, base64::padding::optional);
    if (!text)
        return false;
    answer.body = std::move(*text);
    return true;
}

std::optional<http_answer> read_document(const answer_document& document) {
    http_answer answer;
    if (document.status_code) {
        const std::optional<int> status = read_status(*document.status_code);
        if (!status)
            return std::nullopt;
        answer.status = *status;
    }
    const std::optional<bool> is_base64_encoded =
        document.is_base64_encoded ? read_bool(*document.is_base64_encoded) : false;
    if (!is_base64_encoded || (document.headers && !add_headers(answer, *document.headers)) ||
        (document.cookies && !add_cookies(answer, *document.cookies)) ||
        (document.body && !set_body(answer, *document.body, *is_base64_encoded)))
        return std::nullopt;
    return answer;
}

// The object that a document is meant to be.
std::optional<std::string_view> object_in(std::string_view document) {
    if (document.starts_with(json::byte_order_mark))
        document.remove_prefix(json::byte_order_mark.size());
    return json_object_in(document);
}

} // namespace

std::optional<http_answer> read_http_answer(std::string_view response) {
    if (const std::optional<std::string_view> object = object_in(response)) {
        if (!json::find_syntax_error(*object)) {
            const answer_document document = members_of(*object);
            if (document.status_code)
                return read_document(document);
        } else if (object->find("\"statusCode\"") != object->npos) { // meant to be an answer
            return std::nullopt;
        }
    }
    http_answer answer;
    answer.headers.emplace_back("Content-Type", "application/json");
    answer.body = response;
    return answer;
}

std::optional<http_answer> read_prelude(std::string_view prelude) {
    const std::optional<std::string_view> object = object_in(prelude);
    if (!object || json::find_syntax_error(*object))
        return std::nullopt;
    std::optional<http_answer> answer = read_document(members_of(*object));
    if (answer)
        answer->body.clear();
    return answer;
}

} // namespace spry::emulator
