// SPDX-License-Identifier: Apache-2.0
// What an extension says when it registers (runtime contract 7.6).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace spry::emulator {

/// The events it subscribes to.
struct extension_events {
    bool invoke = false;
    bool shutdown = false;
};

/// Reads {"events":["INVOKE","SHUTDOWN"]}, where null, [] and nothing are none. `body` has
/// `http::padding_bytes` behind it. An event that there is not is given back by its name; none for
/// what is no such document.
std::optional<std::variant<extension_events, std::string>> read_registration(std::string_view body);

/// Whether a list such as "accountId, other" has a name.
bool lists_feature(std::string_view list, std::string_view name) noexcept;

} // namespace spry::emulator
