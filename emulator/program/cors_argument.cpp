// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/cors_argument.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/result.hpp>
#include <spry/emulator/program/strict_json.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/http/head_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace spry::emulator {

namespace {

constexpr std::uint32_t max_age_seconds_max = 86'400;

struct cors_document {
    std::vector<std::string> AllowOrigins;
    std::vector<std::string> AllowMethods;
    std::vector<std::string> AllowHeaders;
    std::vector<std::string> ExposeHeaders;
    std::optional<std::uint32_t> MaxAge;
    bool AllowCredentials = false;
};
SPRY_JSON(cors_document, required(AllowOrigins), AllowMethods, AllowHeaders, ExposeHeaders, MaxAge,
          AllowCredentials)

constexpr std::string_view document_names[] = {
    "AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders", "MaxAge", "AllowCredentials",
};

// None where one cannot stand in such a header: "*" is a token, too.
std::optional<std::string> list_of(const std::vector<std::string>& tokens) {
    std::string list;
    for (const std::string& each : tokens) {
        if (!http::is_token(each))
            return std::nullopt;
        list += list.empty() ? "" : ", ";
        list += each;
    }
    return list;
}

} // namespace

std::optional<cors_settings> read_cors_argument(std::string_view text, std::string* mistake) {
    if (!text.starts_with('{'))
        return read_cors_origins(text);
    std::string padded{text};
    padded.append(json::padding, ' ');
    const std::string_view json{padded.data(), text.size()};
    std::optional<std::string> wrong = find_invalid_json(json);
    json::reader reader;
    arena memory;
    using members = std::map<std::string, json::raw>;
    const result<members> all = reader.read<members>(json, memory);
    if (!wrong && all)
        wrong = find_unknown_member(*all, "", document_names);
    if (wrong) {
        *mistake = std::move(*wrong);
        return std::nullopt;
    }
    const result<cors_document> read = reader.read<cors_document>(json, memory);
    if (!read || read->AllowOrigins.empty() ||
        !std::all_of(read->AllowOrigins.begin(), read->AllowOrigins.end(), is_origin) ||
        read->MaxAge.value_or(0) > max_age_seconds_max)
        return std::nullopt;
    const std::optional<std::string> methods = list_of(read->AllowMethods);
    const std::optional<std::string> headers = list_of(read->AllowHeaders);
    const std::optional<std::string> exposed = list_of(read->ExposeHeaders);
    if (!methods || !headers || !exposed)
        return std::nullopt;
    return cors_settings{read->AllowOrigins, *methods,     *headers,
                         *exposed,           read->MaxAge, read->AllowCredentials};
}

} // namespace spry::emulator
