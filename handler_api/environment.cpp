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
    std::string_view name; // with its '='
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

// Sorted, so that names which begin alike are neighbours.
constexpr std::array known_variables{
    number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=", &environment::memory_size_mib),
    text("AWS_LAMBDA_FUNCTION_NAME=", &environment::function_name),
    text("AWS_LAMBDA_FUNCTION_VERSION=", &environment::function_version),
    text("AWS_LAMBDA_INITIALIZATION_TYPE=", &environment::initialization_type),
    text("AWS_LAMBDA_LOG_FORMAT=", &environment::log_format),
    text("AWS_LAMBDA_LOG_GROUP_NAME=", &environment::log_group),
    text("AWS_LAMBDA_LOG_LEVEL=", &environment::log_level),
    text("AWS_LAMBDA_LOG_STREAM_NAME=", &environment::log_stream),
    number("AWS_LAMBDA_MAX_CONCURRENCY=", &environment::max_concurrency,
           environment::concurrency_max),
    text("AWS_LAMBDA_RUNTIME_API=", &environment::runtime_api),
    text("LAMBDA_TASK_ROOT=", &environment::task_root),
    text("SPRY_IO=", &environment::io),
    flag("SPRY_PIPELINE=", &environment::pipeline),
    text("_HANDLER=", &environment::handler),
    text("_LAMBDA_TELEMETRY_LOG_FD=", &environment::telemetry_log_fd),
    text("_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET=", &environment::telemetry_log_socket),
};
static_assert(std::ranges::is_sorted(known_variables, {}, &known_variable::name));

// How many characters each name has in common with the one before it.
constexpr auto shared_with_previous = [] {
    std::array<std::uint8_t, known_variables.size()> shared{};
    for (std::size_t i = 1; i != shared.size(); ++i) {
        const std::string_view name = known_variables[i].name;
        const auto differing = std::ranges::mismatch(name, known_variables[i - 1].name).in1;
        shared[i] = static_cast<std::uint8_t>(differing - name.begin());
    }
    return shared;
}();

// The known variable that `variable`, NAME=value, defines, or null. Each character is looked at
// once, up to the first that no name has there.
const known_variable* find_known(const char* variable) noexcept {
    std::size_t matched = 0;
    for (std::size_t i = 0; i != known_variables.size();) {
        const std::string_view name = known_variables[i].name;
        while (matched != name.size() && variable[matched] == name[matched])
            ++matched;
        if (matched == name.size())
            return &known_variables[i];
        // On to the next name that begins in the same way and goes on in another.
        do {
            ++i;
        } while (i != known_variables.size() && shared_with_previous[i] > matched);
        if (i != known_variables.size() && shared_with_previous[i] < matched)
            break;
    }
    return nullptr;
}

// Zero for what is no decimal number, and `max` for what is larger.
std::uint32_t number_of(std::string_view text, std::uint32_t max) noexcept {
    std::uint32_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || behind != end)
        return 0;
    return error == std::errc{} ? std::min(value, max) : max;
}

void read_variable(const known_variable& known, const char* value, environment& into) noexcept {
    if (known.text != nullptr)
        into.*known.text = std::string_view{value};
    if (known.number != nullptr)
        into.*known.number = number_of(value, known.max);
    if (known.flag != nullptr)
        into.*known.flag = std::string_view{value} == "1";
}

} // namespace

// One pass, since getenv looks through all variables for each name, which is most of what a start
// would execute. The value of most is of no interest, and its size not looked for: credentials are
// long. Of several variables with one name the first counts, as for getenv(3): they come last one
// first.
environment read_environment() noexcept {
    environment read;
    if (environ == nullptr)
        return read;
    std::size_t count = 0;
    while (environ[count] != nullptr)
        ++count;
    while (count > 0) {
        const char* const variable = environ[--count];
        if (const known_variable* const known = find_known(variable))
            read_variable(*known, variable + known->name.size(), read);
    }
    return read;
}

} // namespace spry
