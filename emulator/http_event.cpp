// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/http_event.hpp>

#include <spry/core/base64.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/core/utf8.hpp>
#include <spry/emulator/caller_check.hpp>
#include <spry/emulator/time_text.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/target.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <vector>

namespace spry::emulator {

namespace {

using values = std::map<std::string, std::string>; // joined by commas

constexpr std::string_view default_route = "$default";

// Of the way between the caller and us (RFC 9110 7.6.1), which has ended here.
constexpr std::array<std::string_view, 8> connection_headers{
    "connection", "expect",  "keep-alive",        "proxy-connection",
    "te",         "trailer", "transfer-encoding", "upgrade"};

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& each : lower) {
        if (each >= 'A' && each <= 'Z')
            each = static_cast<char>(each - 'A' + 'a');
    }
    return lower;
}

void add_value(values& to, std::string name, std::string_view value) {
    const auto [at, is_new] = to.try_emplace(std::move(name), value);
    if (is_new)
        return;
    at->second += ',';
    at->second += value;
}

// Cuts the text up to the next `separator` off the front, both.
std::string_view cut(std::string_view& text, char separator) noexcept {
    const std::size_t end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return part;
}

struct header_values {
    values headers;
    std::vector<std::string> cookies;
};

header_values read_headers(const http::message& request) {
    header_values read;
    for (std::size_t i = 0; i != request.header_count(); ++i) {
        const http::field header = request.header_at(i);
        std::string name = lower_case(header.name);
        if (std::find(connection_headers.begin(), connection_headers.end(), name) !=
            connection_headers.end())
            continue;
        if (name != "cookie") {
            add_value(read.headers, std::move(name), header.value);
            continue;
        }
        for (std::string_view left = header.value; !left.empty();) {
            const std::string_view cookie = http::trim_blanks(cut(left, ';'));
            if (!cookie.empty())
                read.cookies.emplace_back(cookie);
        }
    }
    return read;
}

values read_query(std::string_view query) {
    values read;
    while (!query.empty()) {
        std::string_view value = cut(query, '&');
        const std::string_view name = cut(value, '=');
        std::optional<std::string> decoded_name =
            http::percent_decode(name, http::plus_sign::is_space);
        const std::optional<std::string> decoded_value =
            http::percent_decode(value, http::plus_sign::is_space);
        if (decoded_name && decoded_value && !decoded_name->empty())
            add_value(read, utf8::repaired(*decoded_name), *decoded_value); // else two may be one
    }
    return read;
}

// As API Gateway sorts them: text is only what is sure to be. A form is not, nor what has no type.
bool is_text_type(std::string_view content_type) {
    const std::string type = lower_case(http::trim_blanks(cut(content_type, ';')));
    return type.starts_with("text/") || type == "application/json" || type == "application/xml" ||
           type == "application/javascript";
}

class event_writer {
public:
    void begin(std::string_view name) {
        to_.key(name);
        to_.begin_object();
    }
    void member(std::string_view name, std::string_view value) {
        to_.key(name);
        to_.string(value);
    }
    void members(std::string_view name, const values& from) {
        begin(name);
        for (const auto& [each, value] : from)
            member(each, value);
        to_.end_object();
    }
    void list(std::string_view name, const std::vector<std::string>& from) {
        to_.key(name);
        to_.begin_array();
        for (const std::string& each : from) {
            to_.element();
            to_.string(each);
        }
        to_.end_array();
    }
    json::writer& raw() noexcept { return to_; }

private:
    json::writer to_{*std::pmr::new_delete_resource(), 1024};
};

void write_context(event_writer& to, const http::message& request, const http_event_facts& facts) {
    const std::string_view domain = host_name(request.header_or_empty("Host"));
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::milliseconds>(facts.time.time_since_epoch());
    to.begin("requestContext");
    to.member("accountId", "anonymous"); // nobody has signed
    to.member("apiId", "local");
    to.member("domainName", domain);
    to.member("domainPrefix", domain.substr(0, domain.find('.')));
    to.begin("http");
    to.member("method", request.method());
    to.member("path", facts.path);
    to.member("protocol", request.is_http_1_0() ? "HTTP/1.0" : "HTTP/1.1");
    to.member("sourceIp", facts.source_ip);
    to.member("userAgent", request.header_or_empty("User-Agent"));
    to.raw().end_object();
    to.member("requestId", facts.request_id);
    to.member("routeKey", default_route);
    to.member("stage", default_route);
    to.member("time", common_log_time(facts.time));
    to.raw().key("timeEpoch");
    to.raw().integer(since_epoch.count());
    to.raw().end_object();
}

void write_body(event_writer& to, const http::message& request) {
    const std::string_view body = request.text();
    const bool is_text =
        is_text_type(request.header_or_empty("Content-Type")) && utf8::is_valid(body);
    if (!body.empty())
        to.member("body", is_text ? std::string{body} : base64::encode(body));
    to.raw().key("isBase64Encoded");
    to.raw().boolean(!is_text && !body.empty());
}

} // namespace

std::string make_http_event(const http::message& request, const http_event_facts& facts) {
    header_values read = read_headers(request);
    read.headers["x-amzn-trace-id"] = facts.trace_id;
    add_value(read.headers, "x-forwarded-for", facts.source_ip);
    const std::string_view port = host_port(request.header_or_empty("Host"));
    // A proxy in front of us knows better.
    read.headers.try_emplace("x-forwarded-port", port.empty() ? "80" : port);
    read.headers.try_emplace("x-forwarded-proto", "http");
    if (request.framing() == http::body_framing::chunked)
        read.headers["content-length"] = std::to_string(request.body().size());
    const values query = read_query(request.query());

    event_writer to;
    to.raw().begin_object();
    to.member("version", "2.0");
    to.member("routeKey", default_route);
    to.member("rawPath", facts.path);
    to.member("rawQueryString", request.query());
    if (!read.cookies.empty())
        to.list("cookies", read.cookies);
    to.members("headers", read.headers);
    if (!query.empty())
        to.members("queryStringParameters", query);
    write_context(to, request, facts);
    write_body(to, request);
    to.raw().end_object();
    return std::string{to.raw().text()};
}

} // namespace spry::emulator
