// SPDX-License-Identifier: Apache-2.0
// The folder with a function's external extensions.
#pragma once

#include <spry/core/result.hpp>

#include <string>
#include <vector>

namespace spry::emulator {

/// Where Lambda looks for them (runtime contract 7.6).
inline constexpr const char* extension_folder_default = "/opt/extensions";

/// The paths of its files, links to files among them, in the order of their names; folders are
/// passed over. Fails with the errno of opendir.
result<std::vector<std::string>> list_extensions(const std::string& folder);

/// True where a file of Lambda's says that there are to be no extensions.
bool extensions_are_disabled() noexcept;

/// "/opt/extensions/collector" is "collector".
std::string extension_name(const std::string& path);

} // namespace spry::emulator
