// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/cors_argument.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/result.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/http/head_builder.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
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

std::optional<cors_settings> read_cors_argument(std::string_view text) {
    if (!text.starts_with('{'))
        return read_cors_origins(text);
    std::string padded{text};
    padded.append(json::padding, ' ');
    json::reader reader;
    arena memory;
    const result<cors_document> read =
        reader.read<cors_document>(std::string_view{padded}.substr(0, text.size()), memory);
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
