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

struct text_variable {
    std::string_view name;
    std::string_view environment::* member;
};

constexpr std::array text_variables{
    text_variable{"AWS_LAMBDA_RUNTIME_API", &environment::runtime_api},
    text_variable{"_HANDLER", &environment::handler},
    text_variable{"AWS_LAMBDA_FUNCTION_NAME", &environment::function_name},
    text_variable{"AWS_LAMBDA_FUNCTION_VERSION", &environment::function_version},
    text_variable{"AWS_LAMBDA_LOG_GROUP_NAME", &environment::log_group},
    text_variable{"AWS_LAMBDA_LOG_STREAM_NAME", &environment::log_stream},
    text_variable{"LAMBDA_TASK_ROOT", &environment::task_root},
    text_variable{"AWS_LAMBDA_LOG_LEVEL", &environment::log_level},
    text_variable{"AWS_LAMBDA_LOG_FORMAT", &environment::log_format},
    text_variable{"_LAMBDA_TELEMETRY_LOG_FD", &environment::telemetry_log_fd},
    text_variable{"_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET", &environment::telemetry_log_socket},
    text_variable{"AWS_LAMBDA_INITIALIZATION_TYPE", &environment::initialization_type},
    text_variable{"SPRY_IO", &environment::io},
};

struct number_variable {
    std::string_view name;
    std::uint32_t environment::* member;
    std::uint32_t max;
};

constexpr std::array number_variables{
    number_variable{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &environment::memory_size_mib,
                    std::numeric_limits<std::uint32_t>::max()},
    number_variable{"AWS_LAMBDA_MAX_CONCURRENCY", &environment::max_concurrency,
                    environment::concurrency_max},
};

constexpr std::string_view pipeline_variable = "SPRY_PIPELINE";

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
void read_variable(std::string_view name, std::string_view value, environment& into) noexcept {
    // Most names of one length differ in their last letter.
    const auto is = [name](std::string_view known) {
        return known.size() == name.size() && known.back() == name.back() && known == name;
    };
    for (const text_variable& known : text_variables) {
        if (is(known.name))
            into.*known.member = value;
    }
    for (const number_variable& known : number_variables) {
        if (is(known.name))
            into.*known.member = number_of(value, known.max);
    }
    if (is(pipeline_variable))
        into.pipeline = value == "1";
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
        const bool may_be_known =
            *variable == 'A' || *variable == '_' || *variable == 'L' || *variable == 'S';
        if (!may_be_known)
            continue;
        std::size_t name_size = 1;
        while (variable[name_size] != '=' && variable[name_size] != '\0')
            ++name_size;
        if (variable[name_size] == '=')
            read_variable({variable, name_size}, variable + name_size + 1, read);
    }
    return read;
}

} // namespace spry
