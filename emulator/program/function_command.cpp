// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/function_command.hpp>

#include <array>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace spry::emulator {

namespace {

constexpr const char* task_root = "/var/task";
constexpr std::array<const char*, 3> default_programs{"/var/task/bootstrap", "/opt/bootstrap",
                                                      "/var/runtime/bootstrap"};

// As a shell finds it: what has a slash is a path, anything else is looked for along PATH.
std::optional<std::string> find_program(const std::string& name, std::string_view path) {
    if (name.find('/') != name.npos)
        return name;
    while (!path.empty()) {
        const std::size_t colon = path.find(':');
        std::string candidate{path.substr(0, colon)};
        path.remove_prefix(colon == path.npos ? path.size() : colon + 1);
        candidate += candidate.empty() ? "./" : "/";
        candidate += name;
        if (::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> set_command(const std::vector<std::string>& command,
                                       function_program& function) {
    if (command.empty()) {
        function.working_directory = task_root;
        for (const char* const each : default_programs) {
            if (::access(each, F_OK) != 0)
                continue;
            function.program = each;
            function.arguments = {each};
            return std::nullopt;
        }
        return "there is no command, and neither /var/task/bootstrap, /opt/bootstrap nor "
               "/var/runtime/bootstrap: name the function's program, as in spry-emulator "
               "./bootstrap";
    }
    const std::string_view path = find_variable(function.environment, "PATH");
    std::optional<std::string> program = find_program(command.front(), path);
    if (!program)
        return "there is no program " + command.front() + " on PATH (" + std::string{path} +
               "): give its path, as in ./" + command.front();
    if (!function.working_directory.empty() && !program->starts_with('/')) {
        const bool is_root = function.working_directory == "/";
        program->insert(0, function.working_directory + (is_root ? "" : "/"));
    }
    function.program = std::move(*program);
    function.arguments = command;
    if (command.size() > 1 && find_variable(function.environment, "_HANDLER").empty())
        set_variable(function.environment, "_HANDLER", command.back());
    return std::nullopt;
}

} // namespace spry::emulator
