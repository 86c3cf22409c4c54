// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/settings.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include <sched.h>

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

// That this process may use.
std::size_t processors() noexcept {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return static_cast<std::size_t>(CPU_COUNT(&set));
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

std::optional<cors_settings> read_cors_origins(std::string_view list) {
    cors_settings read;
    read.origins = split(list);
    if (read.origins.empty() || !std::all_of(read.origins.begin(), read.origins.end(), is_origin))
        return std::nullopt;
    read.methods = "*";
    read.headers = "*";
    return read;
}

std::optional<std::string> read_settings(std::vector<std::string> environment, bool in_container,
                                         emulator_options* into,
                                         const std::optional<listen_choice>& listen) {
    function_program& function = into->function;
    function.environment = std::move(environment);
    const std::vector<std::string>& variables = function.environment;

    const std::string_view address = find_variable(variables, "SPRY_LISTEN");
    const std::string_view port = find_variable(variables, "PORT");
    into->listen = listen.value_or(default_listen(in_container));
    if (!listen && !address.empty()) {
        const result<listen_choice> choice = parse_listen(address);
        if (!choice)
            return "SPRY_LISTEN is \"" + std::string{address} +
                   "\", and must be ADDRESS:PORT, :PORT or PORT, as in SPRY_LISTEN=127.0.0.1:9000";
        into->listen = *choice;
    } else if (!listen && !port.empty()) {
        std::uint64_t number = 0;
        if (!read_number(port, port_max, &number))
            return "PORT is \"" + std::string{port} +
                   "\", and must be a number from 1 to 65535: the port of an HTTP service";
        into->http = http_front::alone;
        into->listen = {false, io::address::any_v4(static_cast<std::uint16_t>(number))};
        into->dispatching.environments_max = processors();
    }
    into->allowed_hosts = split(find_variable(variables, "SPRY_ALLOW_HOST"));
    const std::string_view origins = find_variable(variables, "SPRY_CORS");
    if (!origins.empty()) {
        std::optional<cors_settings> read = read_cors_origins(origins);
        if (!read)
            return "SPRY_CORS is \"" + std::string{origins} +
                   "\", and must be origins, as in https://example.com,http://localhost:5173, or *";
        into->cors = std::move(*read);
    }

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
    if (managed != 0) { // contract 1.10
        function.init_timeout =
            std::max<std::chrono::milliseconds>(managed_init_timeout_min, function.timeout);
        into->dispatching.environments_max = 1;
    }

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
