// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/extension_folder.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace spry::emulator {

namespace {

constexpr const char* disabling_file = "/opt/disable-extensions-jwigqn8j";

} // namespace

result<std::vector<std::string>> list_extensions(const std::string& folder) {
    std::error_code error;
    std::filesystem::directory_iterator at{folder, error};
    std::vector<std::string> paths;
    for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error)) {
        std::error_code unknown; // a link to nowhere: no file
        if (at->is_regular_file(unknown))
            paths.push_back(at->path().string());
    }
    if (error)
        return failure(error);
    std::sort(paths.begin(), paths.end());
    return paths;
}

bool extensions_are_disabled() noexcept {
    return ::access(disabling_file, F_OK) == 0;
}

std::string extension_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

} // namespace spry::emulator
