// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/settings.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace spry::emulator {

namespace {

constexpr std::uint64_t managed_concurrency_max = 4096;
constexpr std::uint64_t port_max = 65'535;
constexpr std::chrono::seconds managed_init_timeout_min{130};

// Leaves `number` alone where the variable is unset; false where it is no number from 1 to `max`.
bool read_number(std::string_view text, std::uint64_t max, std::uint64_t* number) noexcept {
    if (text.empty())
        return true;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, *number);
    return error == std::errc{} && behind == end && *number >= 1 && *number <= max;
}

std::string not_a_number(std::string_view name, std::string_view value, std::string_view unit,
                         std::uint64_t max) {
    std::string text{name};
    text += " is \"";
    text += value;
    text += "\", and must be a whole number of ";
    text += unit;
    text += " from 1 to ";
    text += std::to_string(max);
    return text;
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view part = list.substr(0, comma);
        if (!part.empty())
            parts.emplace_back(part);
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    }
    return parts;
}

} // namespace

std::optional<std::string> read_settings(std::vector<std::string> environment, bool in_container,
                                         emulator_options* into) {
    function_program& function = into->function;
    function.environment = std::move(environment);
    const std::vector<std::string>& variables = function.environment;

    const std::string_view listen = find_variable(variables, "SPRY_LISTEN");
    into->listen = default_listen(in_container);
    if (!listen.empty()) {
        const result<listen_choice> choice = parse_listen(listen);
        if (!choice)
            return "SPRY_LISTEN is \"" + std::string{listen} +
                   "\", and must be ADDRESS:PORT, :PORT or PORT, as in SPRY_LISTEN=127.0.0.1:9000";
        into->listen = *choice;
    }
    constexpr std::string_view port_name = "PORT";
    const std::string_view port = find_variable(variables, port_name);
    if (!port.empty()) {
        std::uint64_t number = 0;
        if (!read_number(port, port_max, &number))
            return not_a_number(port_name, port, "a port", port_max);
        into->http = http_front::alone;
        if (listen.empty())
            into->listen = {false, io::address::any_v4(static_cast<std::uint16_t>(number))};
    }
    into->allowed_hosts = split(find_variable(variables, "SPRY_ALLOW_HOST"));

    constexpr std::string_view timeout_name = "AWS_LAMBDA_FUNCTION_TIMEOUT";
    const std::string_view timeout = find_variable(variables, timeout_name);
    auto seconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(function.timeout).count());
    if (!read_number(timeout, timeout_seconds_max, &seconds))
        return not_a_number(timeout_name, timeout, "seconds", timeout_seconds_max);
    function.timeout = std::chrono::seconds{seconds};

    constexpr std::string_view memory_name = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    const std::string_view memory = find_variable(variables, memory_name);
    if (!read_number(memory, memory_size_mib_max, &function.memory_size_mib))
        return not_a_number(memory_name, memory, "MiB", memory_size_mib_max);

    constexpr std::string_view concurrency_name = "AWS_LAMBDA_MAX_CONCURRENCY";
    const std::string_view concurrency = find_variable(variables, concurrency_name);
    std::uint64_t managed = 0;
    if (!read_number(concurrency, managed_concurrency_max, &managed))
        return not_a_number(concurrency_name, concurrency, "invocations", managed_concurrency_max);
    function.managed_concurrency = managed;
    if (managed != 0) // contract 1.10
        function.init_timeout =
            std::max<std::chrono::milliseconds>(managed_init_timeout_min, function.timeout);

    const std::string_view name = find_variable(variables, "AWS_LAMBDA_FUNCTION_NAME");
    if (!name.empty())
        function.name = name;
    const std::string_view version = find_variable(variables, "AWS_LAMBDA_FUNCTION_VERSION");
    if (!version.empty())
        function.version = version;
    return std::nullopt;
}

std::vector<std::string> strings_of(char** list) {
    std::vector<std::string> strings;
    for (; list != nullptr && *list != nullptr; ++list)
        strings.emplace_back(*list);
    return strings;
}

bool is_rie_name(std::string_view argv0) noexcept {
    return argv0.substr(argv0.rfind('/') + 1) == "aws-lambda-rie"; // npos + 1 is 0
}

} // namespace spry::emulator
