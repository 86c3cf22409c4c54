// SPDX-License-Identifier: Apache-2.0
// spry-emulator's flags: those of aws-lambda-rie (runtime contract 7.2), and its own.
#pragma once

#include <spry/emulator/cors.hpp>
#include <spry/emulator/listen.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// Processes of one function: an account's limit.
inline constexpr std::size_t concurrency_max = 1000;

/// As the Invoke API takes one: a name alone, without an account or a qualifier.
bool is_function_name(std::string_view name) noexcept;

/// What such a name is, behind "must be".
inline constexpr std::string_view function_name_form = "up to 64 letters, digits, - and _";

struct named_handler {
    std::string name;    ///< by which it is invoked
    std::string handler; ///< its _HANDLER
};

struct command_line {
    bool help = false;
    bool version = false;
    bool freeze = false;
    bool watch = false;
    bool compat_rie = false;
    bool http = false;     ///< the root is the function's URL
    bool is_quiet = false; ///< --log-level warn and above
    std::optional<listen_choice> listen;
    std::optional<io::address> runtime_api;
    std::optional<std::size_t> concurrency;
    std::optional<std::size_t> queued_max;
    std::optional<std::chrono::milliseconds> async_retry_delay;
    std::optional<std::uint64_t> stream_bytes_max;
    std::optional<std::uint64_t> stream_bytes_per_second;
    std::vector<named_handler> functions;
    std::string functions_file; ///< empty: none
    std::string event;          ///< the sample event to send; empty: none
    std::vector<std::string> allowed_hosts;
    std::optional<cors_settings> cors;
    std::optional<std::string> extensions; ///< the folder with external extensions
    std::vector<std::string> command;      ///< the function's program and its arguments
    std::string problem; ///< what cannot be understood, as a sentence; empty: nothing
};

/// Reads the arguments behind the program's name. Flags are "--name value" or "--name=value", and
/// end with the first other argument or "--".
command_line read_command_line(std::span<const std::string> arguments);

/// "20MiB", "64KiB" or "1000", which are bytes; from `min` to `max`, none for anything else.
std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t min,
                                        std::uint64_t max) noexcept;

/// "0.5s", "250ms", "2m" or "3", which are seconds; none for anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// error, warn, info, debug, ... or none: whether it keeps information to itself.
std::optional<bool> is_quiet_level(std::string_view name) noexcept;

/// One screen of text.
extern const std::string_view help_text;

} // namespace spry::emulator
