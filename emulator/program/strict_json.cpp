// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/strict_json.hpp>

#include <spry/core/json_mismatch.hpp>
#include <spry/core/json_syntax.hpp>

#include <algorithm>
#include <cstddef>

namespace spry::emulator {

namespace {

// "there is only a", "there are a, b and c"
std::string list_of(std::span<const std::string_view> names) {
    std::string list = names.size() == 1 ? "there is only " : "there are ";
    for (std::size_t i = 0; i != names.size(); ++i) {
        if (i != 0)
            list += i + 1 == names.size() ? " and " : ", ";
        list += names[i];
    }
    return list;
}

} // namespace

std::optional<std::string> find_invalid_json(std::string_view text) {
    const std::optional<json::syntax_error> error = json::find_syntax_error(text);
    if (!error)
        return std::nullopt;
    json::mismatch place;
    place.finish_invalid(error->byte, error->reason);
    return std::string{place.text()};
}

std::optional<std::string> find_unknown_member(const std::map<std::string, json::raw>& members,
                                               std::string_view path,
                                               std::span<const std::string_view> known) {
    for (const auto& [name, value] : members) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            return std::string{path} + "." + name + " has no meaning here: " + list_of(known);
    }
    return std::nullopt;
}

} // namespace spry::emulator
