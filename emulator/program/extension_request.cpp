// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/extension_request.hpp>

#include <spry/core/json.hpp>
#include <spry/core/trimmed.hpp>

#include <memory_resource>
#include <vector>

namespace spry::emulator {

namespace {

struct registration {
    std::optional<std::vector<std::string>> events;
    std::optional<json::raw> configuration_keys; // of an older draft, and refused since
};
SPRY_JSON(registration, events, named(configuration_keys, "configurationKeys"))

} // namespace

std::optional<std::variant<extension_events, std::string>>
read_registration(std::string_view body) {
    json::reader reader;
    std::pmr::monotonic_buffer_resource arena;
    result<registration> read = reader.read<registration>(body, arena);
    if (!read || read->configuration_keys)
        return std::nullopt;
    extension_events events;
    for (std::string& each : read->events.value_or(std::vector<std::string>{})) {
        if (each == "INVOKE")
            events.invoke = true;
        else if (each == "SHUTDOWN")
            events.shutdown = true;
        else
            return each;
    }
    return events;
}

bool lists_feature(std::string_view list, std::string_view name) noexcept {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (trimmed(list.substr(0, comma)) == name)
            return true;
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    }
    return false;
}

} // namespace spry::emulator
