// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/functions_file.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/emulator/program/command_line.hpp>
#include <spry/emulator/program/function_command.hpp>
#include <spry/emulator/program/strict_json.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/io/unique_fd.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace spry::emulator {

namespace {

// As the file has it.
struct entry {
    std::string name;
    std::optional<std::vector<std::string>> command;
    std::optional<std::string> handler;
    std::optional<std::uint64_t> timeout;
    std::optional<std::uint64_t> memory;
    std::optional<std::uint64_t> concurrency;
    std::map<std::string, std::string> environment;
};
SPRY_JSON(entry, required(name), command, handler, timeout, memory, concurrency, environment)

struct document {
    std::vector<entry> functions;
};
SPRY_JSON(document, required(functions))

using members = std::map<std::string, json::raw>;

struct document_members {
    std::vector<members> functions;
};
SPRY_JSON(document_members, required(functions))

constexpr std::string_view document_names[] = {"functions"};
constexpr std::string_view entry_names[] = {
    "name", "command", "handler", "timeout", "memory", "concurrency", "environment",
};

constexpr std::size_t file_bytes_max = 1024 * 1024;

// Up to one byte more than a file may have.
std::error_code read_all(const std::string& path, std::string& text) {
    const io::unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file)
        return {errno, std::system_category()};
    text.resize(file_bytes_max + 1);
    std::size_t size = 0;
    while (size != text.size()) {
        const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
        if (count < 0)
            return {errno, std::system_category()};
        if (count == 0)
            break;
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    return {};
}

std::string of_function(std::size_t index) {
    return ".functions[" + std::to_string(index) + "]";
}

std::string at(std::size_t index, std::string_view member) {
    return of_function(index) + "." + std::string{member};
}

std::optional<std::string> find_unknown(json::reader& reader, std::string_view text) {
    arena memory;
    const result<members> outer = reader.read<members>(text, memory);
    if (!outer)
        return std::string{reader.problem().text()};
    std::optional<std::string> wrong = find_unknown_member(*outer, "", document_names);
    if (wrong)
        return wrong;
    const result<document_members> inner = reader.read<document_members>(text, memory);
    if (!inner)
        return std::string{reader.problem().text()};
    for (std::size_t i = 0; !wrong && i != inner->functions.size(); ++i)
        wrong = find_unknown_member(inner->functions[i], of_function(i), entry_names);
    return wrong;
}

std::optional<std::string> outside(std::string_view member, std::size_t index,
                                   std::optional<std::uint64_t> value, std::uint64_t max) {
    if (!value || (*value >= 1 && *value <= max))
        return std::nullopt;
    return at(index, member) + " is " + std::to_string(*value) + ", and must be from 1 to " +
           std::to_string(max);
}

std::optional<std::string> check(const std::vector<entry>& functions, std::size_t index) {
    const entry& function = functions[index];
    if (!is_function_name(function.name))
        return at(index, "name") + " is \"" + function.name + "\", and must be " +
               std::string{function_name_form};
    const auto has_name = [&](const entry& each) { return each.name == function.name; };
    if (std::count_if(functions.begin(), functions.end(), has_name) > 1)
        return "two functions have the name " + function.name + ": give each its own";
    if (function.command && function.command->empty())
        return at(index, "command") + " is empty: name a program in it, or leave it out";
    for (const auto& [variable, value] : function.environment) {
        if (variable.empty() || variable.find('=') != variable.npos)
            return at(index, "environment") + " has a variable named \"" + variable +
                   "\", and a name has at least one character, and no =";
    }
    std::optional<std::string> wrong =
        outside("timeout", index, function.timeout, timeout_seconds_max);
    if (!wrong)
        wrong = outside("memory", index, function.memory, memory_size_mib_max);
    if (!wrong)
        wrong = outside("concurrency", index, function.concurrency, concurrency_max);
    return wrong;
}

// `program` begins as what all functions have in common.
std::optional<std::string> apply(const entry& from, const std::string& folder,
                                 const std::vector<std::string>& line_command,
                                 function_program& program) {
    std::vector<std::string>& variables = program.environment;
    program.name = from.name;
    set_variable(variables, "AWS_LAMBDA_FUNCTION_NAME", from.name);
    for (const auto& [name, value] : from.environment)
        set_variable(variables, name, value);
    if (from.timeout) {
        program.timeout = std::chrono::seconds{*from.timeout};
        set_variable(variables, "AWS_LAMBDA_FUNCTION_TIMEOUT", std::to_string(*from.timeout));
    }
    if (from.memory) {
        program.memory_size_mib = *from.memory;
        set_variable(variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(*from.memory));
    }
    program.environments_max = static_cast<std::size_t>(from.concurrency.value_or(0));
    if (from.command)
        program.working_directory = folder;
    const std::vector<std::string>& command = from.command.value_or(line_command);
    const bool names_handler = from.command && command.size() > 1;
    const std::string handler = from.handler.value_or(names_handler ? command.back() : from.name);
    set_variable(variables, "AWS_LAMBDA_FUNCTION_HANDLER", handler);
    return set_command(command, program);
}

} // namespace

std::optional<std::string> read_functions(std::string_view text, const std::string& folder,
                                          const function_program& common,
                                          const std::vector<std::string>& line_command,
                                          std::vector<function_program>* into) {
    std::string padded{text};
    padded.append(json::padding, ' ');
    const std::string_view json{padded.data(), text.size()};
    std::optional<std::string> wrong = find_invalid_json(json);
    if (wrong)
        return wrong;
    json::reader reader;
    arena memory;
    const result<document> read = reader.read<document>(json, memory);
    if (!read)
        return std::string{reader.problem().text()};
    if (read->functions.empty())
        return ".functions is empty: name at least one";
    wrong = find_unknown(reader, json);
    for (std::size_t i = 0; !wrong && i != read->functions.size(); ++i) {
        wrong = check(read->functions, i);
        if (wrong)
            break;
        function_program program = common;
        wrong = apply(read->functions[i], folder, line_command, program);
        if (wrong)
            wrong->insert(0, read->functions[i].name + ": ");
        into->push_back(std::move(program));
    }
    return wrong;
}

std::optional<std::string> read_functions_file(const std::string& path,
                                               const function_program& common,
                                               const std::vector<std::string>& line_command,
                                               std::vector<function_program>* into) {
    std::string text;
    const std::error_code error = read_all(path, text);
    if (error)
        return path + " cannot be read: " + error.message() +
               ": name a file with functions, as docs/emulator.md shows one";
    if (text.size() > file_bytes_max)
        return path + " has more than " + std::to_string(file_bytes_max) +
               " bytes: name a file with functions";
    const std::size_t slash = path.rfind('/');
    // Without the slash behind it, but for the root's. A relative one would count twice: the
    // function starts in it.
    const std::string folder =
        slash == path.npos
            ? std::string{}
            : std::filesystem::absolute(path.substr(0, std::max<std::size_t>(slash, 1))).string();
    std::optional<std::string> wrong = read_functions(text, folder, common, line_command, into);
    if (wrong)
        wrong->insert(0, path + ": ");
    return wrong;
}

} // namespace spry::emulator
