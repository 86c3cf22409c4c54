// SPDX-License-Identifier: Apache-2.0
// strict_json: what json::reader passes over, and is a mistake in a text of settings: there it
// would have no effect.
#pragma once

#include <spry/core/json_value.hpp>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Where `text` is not JSON, be it in a member that is not read; worded as the reader does.
std::optional<std::string> find_invalid_json(std::string_view text);

/// The first of an object's members whose name is not among `known`, as a sentence; `path` is the
/// object's, and empty for the document's.
std::optional<std::string> find_unknown_member(const std::map<std::string, json::raw>& members,
                                               std::string_view path,
                                               std::span<const std::string_view> known);

} // namespace spry::emulator
