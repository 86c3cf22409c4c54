// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/telemetry_request.hpp>

#include <spry/core/json_reader.hpp>

#include <algorithm>
#include <charconv>
#include <memory_resource>
#include <optional>
#include <system_error>
#include <vector>

namespace spry::emulator {

namespace {

// As the body has it.
struct destination_member {
    std::string protocol;
    std::optional<std::string> uri;
    std::optional<std::int64_t> port;
};
SPRY_JSON(destination_member, required(protocol), named(uri, "URI"), port)

struct buffering_member {
    std::optional<std::int64_t> items;
    std::optional<std::int64_t> bytes;
    std::optional<std::int64_t> timeout;
};
SPRY_JSON(buffering_member, named(items, "maxItems"), named(bytes, "maxBytes"),
          named(timeout, "timeoutMs"))

struct document {
    std::string version;
    std::vector<std::string> types;
    destination_member destination;
    std::optional<buffering_member> buffering;
};
SPRY_JSON(document, required(version, "schemaVersion"), required(types), required(destination),
          buffering)

constexpr std::string_view versions[] = {"2022-07-01", "2022-12-13", "2025-01-29"};
constexpr std::string_view hosts[] = {"sandbox.localdomain", "sandbox", "localhost", "127.0.0.1"};
constexpr std::string_view scheme = "http://";
constexpr std::uint16_t http_port = 80;

template <std::size_t Count>
bool is_one_of(const std::string_view (&names)[Count], std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string read_types(const std::vector<std::string>& names, telemetry_subscription& into) {
    if (names.empty())
        return "types must name at least one of platform, function and extension";
    for (const std::string& each : names) {
        const auto found =
            std::find(telemetry_category_names.begin(), telemetry_category_names.end(), each);
        if (found == telemetry_category_names.end())
            return "types has \"" + each + "\": there are platform, function and extension";
        into.categories[static_cast<std::size_t>(found - telemetry_category_names.begin())] = true;
    }
    return {};
}

bool is_visible_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// http://HOST[:PORT][/PATH]
std::string read_uri(std::string_view uri, telemetry_subscription& into) {
    std::string wrong =
        "destination.URI is \"" + std::string{uri} +
        "\", and must be as in http://sandbox.localdomain:8080/events, with the host "
        "sandbox.localdomain, sandbox, localhost or 127.0.0.1";
    if (!uri.starts_with(scheme) || !is_visible_ascii(uri))
        return wrong;
    uri.remove_prefix(scheme.size());
    uri = uri.substr(0, uri.find('#'));
    const std::size_t host_end = std::min(uri.find_first_of("/?"), uri.size());
    std::string_view host = uri.substr(0, host_end);
    std::uint16_t port = http_port;
    if (const std::size_t colon = host.find(':'); colon != host.npos) {
        const char* const end = host.data() + host.size();
        const auto [behind, error] = std::from_chars(host.data() + colon + 1, end, port);
        if (error != std::errc{} || behind != end || port == 0)
            return wrong;
        host = host.substr(0, colon);
    }
    if (!is_one_of(hosts, host))
        return wrong;
    into.to = io::address::loopback_v4(port);
    into.http_target = uri.substr(host_end);
    if (!into.http_target.starts_with('/'))
        into.http_target.insert(0, "/");
    return {};
}

std::string read_destination(const destination_member& from, telemetry_subscription& into) {
    if (from.protocol == "HTTP")
        return from.uri ? read_uri(*from.uri, into) : "destination.URI is required and missing";
    if (from.protocol != "TCP")
        return "destination.protocol is \"" + from.protocol + "\": there are HTTP and TCP";
    if (!from.port || *from.port < 1 || *from.port > 65'535)
        return "destination.port must be from 1 to 65535";
    into.to = io::address::loopback_v4(static_cast<std::uint16_t>(*from.port));
    return {};
}

// Leaves `value` alone where there is none.
std::string read_limit(std::string_view name, std::optional<std::int64_t> given, std::int64_t min,
                       std::int64_t max, std::int64_t* value) {
    if (!given)
        return {};
    *value = *given;
    if (*given >= min && *given <= max)
        return {};
    return "buffering." + std::string{name} + " is " + std::to_string(*given) +
           ", and must be from " + std::to_string(min) + " to " + std::to_string(max);
}

std::string read_buffering(const buffering_member& from, telemetry_buffering& into) {
    auto items = static_cast<std::int64_t>(into.items_max);
    auto bytes = static_cast<std::int64_t>(into.bytes_max);
    std::int64_t timeout = into.timeout.count();
    std::string problem = read_limit("maxItems", from.items, 1000, 10'000, &items);
    if (problem.empty())
        problem = read_limit("maxBytes", from.bytes, 262'144, 1'048'576, &bytes);
    if (problem.empty())
        problem = read_limit("timeoutMs", from.timeout, 25, 30'000, &timeout);
    into.items_max = static_cast<std::size_t>(items);
    into.bytes_max = static_cast<std::size_t>(bytes);
    into.timeout = std::chrono::milliseconds{timeout};
    return problem;
}

} // namespace

telemetry_request read_telemetry_request(std::string_view body) {
    telemetry_request read;
    json::reader reader;
    std::pmr::monotonic_buffer_resource arena;
    const result<document> from = reader.read<document>(body, arena);
    if (!from) {
        read.problem = reader.problem().text();
        return read;
    }
    if (!is_one_of(versions, from->version))
        read.problem = "schemaVersion is \"" + from->version +
                       "\": there are 2022-07-01, 2022-12-13 and 2025-01-29";
    if (read.problem.empty())
        read.problem = read_types(from->types, read.subscription);
    if (read.problem.empty())
        read.problem = read_destination(from->destination, read.subscription);
    if (read.problem.empty() && from->buffering)
        read.problem = read_buffering(*from->buffering, read.subscription.buffering);
    return read;
}

} // namespace spry::emulator
