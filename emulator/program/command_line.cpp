// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/command_line.hpp>

#include <spry/core/assert.hpp>
#include <spry/emulator/function_table.hpp>
#include <spry/emulator/program/cors_argument.hpp>
#include <spry/emulator/program/events/sample_events.hpp>
#include <spry/http/headers.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <system_error>

namespace spry::emulator {

const std::string_view help_text =
    R"(Usage: spry-emulator [flags] [command [arguments...]]
       spry-emulator events [NAME]    list sample events, or print one
Runs command as a Lambda function behind a local Lambda service. Then try
  curl -d '{}' http://localhost:9000/2015-03-31/functions/function/invocations
Without one: /var/task/bootstrap, /opt/bootstrap or /var/runtime/bootstrap.

  --listen ADDRESS           HOST:PORT, :PORT or PORT (127.0.0.1:9000; as PID 1
                             or under the name aws-lambda-rie 0.0.0.0:8080)
  --function NAME[=HANDLER]  one function of several, with _HANDLER=HANDLER
  --functions FILE           several functions from a JSON file
  --event NAME               send a sample event, print the answer, and end
  --concurrency N            processes for overlapping invocations (1)
  --max-queue N              callers who may wait for one; others get 429 (1000)
  --async-retry-delay TIME   0.5s, 250ms, 2m: before an Event's second attempt,
                             and twice that before its third (1m)
  --watch                    restart the function when its program changes
  --freeze                   stop the function's process between invocations
  --stream-limit SIZE        of a streamed response: 20MiB or bytes (200MiB)
  --stream-bandwidth SIZE    a second, behind its first 6 MiB (no limit)
  --extensions FOLDER        external extensions (/opt/extensions)
  --http                     all other paths are the function's URL, too
  --cors ORIGIN,...          whose pages may call functions' URLs; *: any; or
                             JSON, as the service takes it
  --compat rie               answer as aws-lambda-rie does
  --allow-host NAME          allow this Host header beside this machine's names
  --log-level LEVEL          warn and above: not where it listens (info)
  --version, --help
As in aws-lambda-rie: --runtime-interface-emulator-address (--listen),
--runtime-api-address ADDRESS (a free port), --enable-init-caching (no effect).
Variables: AWS_LAMBDA_FUNCTION_NAME, _VERSION, _HANDLER, _MEMORY_SIZE (MiB),
_TIMEOUT (seconds), AWS_LAMBDA_MAX_CONCURRENCY (in one process), LOG_LEVEL,
NO_COLOR, SPRY_LISTEN (--listen), SPRY_ALLOW_HOST (names), SPRY_CORS (origins),
PORT (an HTTP service there, and nothing else)
)";

namespace {

std::optional<std::size_t> parse_number(std::string_view text, std::size_t min,
                                        std::size_t max) noexcept {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || behind != end || number < min || number > max)
        return std::nullopt;
    return number;
}

constexpr std::size_t queue_max = 1'000'000;
constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

std::string expects(std::string_view flag, std::string_view value, std::string_view what) {
    std::string text{flag};
    text += " is \"";
    text += value;
    text += "\", and must be ";
    text += what;
    return text;
}

constexpr std::string_view address_form = "HOST:PORT, :PORT or PORT, as in 127.0.0.1:9000";

constexpr std::string_view flags_with_value[] = {
    "--listen",       "--runtime-interface-emulator-address",
    "--concurrency",  "--runtime-api-address",
    "--max-queue",    "--async-retry-delay",
    "--function",     "--allow-host",
    "--compat",       "--log-level",
    "--stream-limit", "--stream-bandwidth",
    "--functions",    "--event",
    "--extensions",   "--cors",
};

// One of these with its value; what is wrong with it, or nothing.
std::string set(command_line& line, std::string_view flag, std::string_view value) {
    if (flag == "--listen" || flag == "--runtime-interface-emulator-address") {
        const result<listen_choice> choice = parse_listen(value);
        if (!choice)
            return expects(flag, value, address_form);
        line.listen = *choice;
    } else if (flag == "--runtime-api-address") {
        const result<listen_choice> choice = parse_listen(value);
        if (!choice)
            return expects(flag, value, address_form);
        line.runtime_api = choice->address;
    } else if (flag == "--function") {
        const std::size_t equals = value.find('=');
        const std::string_view name = value.substr(0, equals);
        if (!is_function_name(name))
            return expects(flag, value,
                           "NAME or NAME=HANDLER, and NAME " + std::string{function_name_form});
        for (const named_handler& each : line.functions) {
            if (each.name == name)
                return "--function " + std::string{name} +
                       " stands there twice: give each its own name";
        }
        line.functions.push_back(
            {std::string{name},
             std::string{equals == value.npos ? name : value.substr(equals + 1)}});
    } else if (flag == "--functions") {
        line.functions_file = value;
    } else if (flag == "--event") {
        if (!is_sample_event(value))
            return no_such_event(value);
        line.event = value;
    } else if (flag == "--concurrency") {
        line.concurrency = parse_number(value, 1, concurrency_max);
        if (!line.concurrency)
            return expects(flag, value, "a whole number from 1 to 1000");
    } else if (flag == "--max-queue") {
        line.queued_max = parse_number(value, 0, queue_max);
        if (!line.queued_max)
            return expects(flag, value, "a whole number from 0 to 1000000");
    } else if (flag == "--async-retry-delay") {
        line.async_retry_delay = parse_duration(value);
        if (!line.async_retry_delay)
            return expects(flag, value, "a time, as in 0.5s, 250ms or 2m");
    } else if (flag == "--stream-limit") {
        line.stream_bytes_max = parse_size(value, 1, 1024 * mib);
        if (!line.stream_bytes_max)
            return expects(flag, value, "a size from 1 to 1024MiB, as in 20MiB, 64KiB or 1000");
    } else if (flag == "--stream-bandwidth") {
        line.stream_bytes_per_second = parse_size(value, 32 * kib, 64 * mib);
        if (!line.stream_bytes_per_second)
            return expects(flag, value, "a size from 32KiB to 64MiB, as in 2MiB");
    } else if (flag == "--compat") {
        if (value != "rie")
            return expects(flag, value, "rie");
        line.compat_rie = true;
    } else if (flag == "--extensions") {
        line.extensions = value;
    } else if (flag == "--cors") {
        std::string mistake;
        line.cors = read_cors_argument(value, &mistake);
        if (!mistake.empty())
            return std::string{flag} + ": " + mistake;
        if (!line.cors)
            return expects(flag, value,
                           "origins, as in https://example.com,http://localhost:5173, or *, or "
                           "JSON, as in {\"AllowOrigins\":[\"*\"],\"AllowMethods\":[\"GET\"]}");
    } else if (flag == "--allow-host") {
        line.allowed_hosts.emplace_back(value);
    } else {
        SPRY_ASSERT(flag == "--log-level");
        const std::optional<bool> quiet = is_quiet_level(value);
        if (!quiet)
            return expects(flag, value, "trace, debug, info, warn, error, fatal or panic");
        line.is_quiet = *quiet;
    }
    return {};
}

// A flag that has no value; false for any other.
bool set_plain(command_line& line, std::string_view flag) noexcept {
    if (flag == "--help" || flag == "-h")
        line.help = true;
    else if (flag == "--version")
        line.version = true;
    else if (flag == "--freeze")
        line.freeze = true;
    else if (flag == "--http")
        line.http = true;
    else if (flag == "--watch")
        line.watch = true;
    else if (flag != "--enable-init-caching")
        return false;
    return true;
}

} // namespace

bool is_function_name(std::string_view name) noexcept {
    const std::optional<function_reference> reference = parse_function_reference(name);
    return reference && reference->name == name;
}

std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t min,
                                        std::uint64_t max) noexcept {
    std::uint64_t unit = 1;
    if (text.ends_with("KiB"))
        unit = kib;
    else if (text.ends_with("MiB"))
        unit = mib;
    if (unit != 1)
        text.remove_suffix(3);
    const std::optional<std::size_t> number = parse_number(text, 1, max / unit);
    if (!number || *number * unit < min)
        return std::nullopt;
    return *number * unit;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
    std::int64_t unit_ms = 1000;
    if (text.ends_with("ms")) {
        unit_ms = 1;
        text.remove_suffix(2);
    } else if (text.ends_with('s')) {
        text.remove_suffix(1);
    } else if (text.ends_with('m')) {
        unit_ms = 60'000;
        text.remove_suffix(1);
    }
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view part = point == text.npos ? "" : text.substr(point + 1);
    constexpr std::size_t whole_max = 86'400;
    const std::optional<std::size_t> number = parse_number(whole, 0, whole_max);
    if (!number || (point != text.npos && (part.empty() || part.size() > 3)))
        return std::nullopt;
    std::int64_t thousandths = 0;
    for (std::size_t i = 0; i != 3; ++i) {
        const char digit = i < part.size() ? part[i] : '0';
        if (digit < '0' || digit > '9')
            return std::nullopt;
        thousandths = thousandths * 10 + (digit - '0');
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(*number) * unit_ms +
                                     thousandths * unit_ms / 1000};
}

std::optional<bool> is_quiet_level(std::string_view name) noexcept {
    for (const std::string_view quiet : {"warn", "warning", "error", "fatal", "panic"}) {
        if (http::equal_ignoring_case(name, quiet))
            return true;
    }
    for (const std::string_view talkative : {"trace", "debug", "info"}) {
        if (http::equal_ignoring_case(name, talkative))
            return false;
    }
    return std::nullopt;
}

command_line read_command_line(std::span<const std::string> arguments) {
    command_line line;
    std::size_t at = 0;
    for (; at != arguments.size() && line.problem.empty(); ++at) {
        const std::string_view argument = arguments[at];
        if (argument == "--") {
            ++at;
            break;
        }
        if (!argument.starts_with('-') || argument == "-")
            break;
        if (set_plain(line, argument))
            continue;
        const std::size_t equals = argument.find('=');
        const std::string_view flag = argument.substr(0, equals);
        if (std::find(std::begin(flags_with_value), std::end(flags_with_value), flag) ==
            std::end(flags_with_value)) {
            line.problem = "there is no flag " + std::string{flag} + ": --help lists them";
        } else if (equals != argument.npos) {
            line.problem = set(line, flag, argument.substr(equals + 1));
        } else if (at + 1 != arguments.size()) {
            line.problem = set(line, flag, arguments[++at]);
        } else {
            line.problem = std::string{flag} + " wants a value: --help says which";
        }
    }
    line.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    if (!line.problem.empty())
        return line;
    const bool several = line.concurrency.value_or(1) > 1 || line.functions.size() > 1 ||
                         !line.functions_file.empty();
    if (line.runtime_api && line.runtime_api->port() != 0 && several)
        line.problem = "--runtime-api-address is one address, and several processes need one each: "
                       "leave it out, or --concurrency, --function and --functions";
    if (line.compat_rie && !(line.functions.empty() && line.functions_file.empty()))
        line.problem = "--compat rie knows one function: leave it out, or --function and "
                       "--functions";
    if (line.compat_rie && !line.event.empty())
        line.problem = "--event wants the answer as the service gives it: leave out --compat rie";
    if (line.compat_rie && (line.http || line.cors))
        line.problem =
            "--compat rie knows no URLs of functions: leave it out, or --http and --cors";
    if (!line.functions.empty() && !line.functions_file.empty())
        line.problem = "--function and --functions both name functions: leave one of them out";
    return line;
}

} // namespace spry::emulator
