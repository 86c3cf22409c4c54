// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/environment.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

#include <unistd.h>

namespace spry {

namespace {

struct known_variable {
    std::string_view name;
    std::string_view environment::* text = nullptr;
    std::uint32_t environment::* number = nullptr;
    std::uint32_t max = 0; // of a number
    bool environment::* flag = nullptr;
};

constexpr known_variable text(std::string_view name, std::string_view environment::* member) {
    return {.name = name, .text = member};
}
constexpr known_variable number(std::string_view name, std::uint32_t environment::* member,
                                std::uint32_t max = std::numeric_limits<std::uint32_t>::max()) {
    return {.name = name, .number = member, .max = max};
}
constexpr known_variable flag(std::string_view name, bool environment::* member) {
    return {.name = name, .flag = member};
}

// In the order of their names' sizes.
constexpr std::array known_variables{
    text("SPRY_IO", &environment::io),
    text("_HANDLER", &environment::handler),
    flag("SPRY_PIPELINE", &environment::pipeline),
    text("LAMBDA_TASK_ROOT", &environment::task_root),
    text("AWS_LAMBDA_LOG_LEVEL", &environment::log_level),
    text("AWS_LAMBDA_LOG_FORMAT", &environment::log_format),
    text("AWS_LAMBDA_RUNTIME_API", &environment::runtime_api),
    text("_LAMBDA_TELEMETRY_LOG_FD", &environment::telemetry_log_fd),
    text("AWS_LAMBDA_FUNCTION_NAME", &environment::function_name),
    text("AWS_LAMBDA_LOG_GROUP_NAME", &environment::log_group),
    text("AWS_LAMBDA_LOG_STREAM_NAME", &environment::log_stream),
    number("AWS_LAMBDA_MAX_CONCURRENCY", &environment::max_concurrency,
           environment::concurrency_max),
    text("AWS_LAMBDA_FUNCTION_VERSION", &environment::function_version),
    text("AWS_LAMBDA_INITIALIZATION_TYPE", &environment::initialization_type),
    number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &environment::memory_size_mib),
    text("_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET", &environment::telemetry_log_socket),
};

constexpr std::size_t size_of(const known_variable& known) noexcept {
    return known.name.size();
}
static_assert(std::ranges::is_sorted(known_variables, {}, size_of));

constexpr bool begins_with(const char* text, std::string_view prefix) noexcept {
    for (const char character : prefix) {
        if (*text++ != character)
            return false;
    }
    return true;
}

// False for most of what Lambda sets.
constexpr bool may_be_known(const char* variable) noexcept {
    return begins_with(variable, "AWS_LAMBDA_") || begins_with(variable, "_HANDLER") ||
           begins_with(variable, "_LAMBDA_") || begins_with(variable, "LAMBDA_") ||
           begins_with(variable, "SPRY_");
}
static_assert(std::ranges::all_of(known_variables, [](const known_variable& known) {
    return may_be_known(known.name.data());
}));

constexpr std::size_t name_size_max = known_variables.back().name.size();

// Where in `known_variables` the names of each size begin: of most variables of a process no name
// has the size, and few have to be compared.
constexpr auto first_of_size = [] {
    std::array<std::uint8_t, name_size_max + 2> first{};
    for (std::size_t size = 0; size != first.size(); ++size) {
        first[size] = static_cast<std::uint8_t>(
            std::ranges::lower_bound(known_variables, size, {}, size_of) - known_variables.begin());
    }
    return first;
}();

// Zero for what is no decimal number, and `max` for what is larger.
std::uint32_t number_of(std::string_view text, std::uint32_t max) noexcept {
    std::uint32_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || behind != end)
        return 0;
    return error == std::errc{} ? std::min(value, max) : max;
}

// Of several variables with one name the first counts, as for getenv(3): they come last one first.
// The value of most is of no interest, and its size not looked for: credentials are long.
void read_variable(std::string_view name, const char* value, environment& into) noexcept {
    if (name.size() > name_size_max)
        return;
    for (std::size_t i = first_of_size[name.size()]; i != first_of_size[name.size() + 1]; ++i) {
        const known_variable& known = known_variables[i];
        if (known.name != name)
            continue;
        if (known.text != nullptr)
            into.*known.text = std::string_view{value};
        if (known.number != nullptr)
            into.*known.number = number_of(value, known.max);
        if (known.flag != nullptr)
            into.*known.flag = std::string_view{value} == "1";
    }
}

} // namespace

// One pass, since getenv looks through all variables for each name, which is most of what a start
// would execute.
environment read_environment() noexcept {
    environment read;
    if (environ == nullptr)
        return read;
    std::size_t count = 0;
    while (environ[count] != nullptr)
        ++count;
    while (count > 0) {
        const char* const variable = environ[--count];
        if (!may_be_known(variable))
            continue;
        std::size_t name_size = 0;
        while (variable[name_size] != '=' && variable[name_size] != '\0')
            ++name_size;
        if (variable[name_size] == '=')
            read_variable({variable, name_size}, variable + name_size + 1, read);
    }
    return read;
}

} // namespace spry
