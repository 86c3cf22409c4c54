// SPDX-License-Identifier: Apache-2.0
// spry-emulator: a local Lambda service for any program that speaks the Runtime API, in the place
// of aws-lambda-rie.
#include <spry/emulator/program/command_line.hpp>
#include <spry/emulator/program/orphans.hpp>
#include <spry/emulator/program/rie_api.hpp>
#include <spry/emulator/program/start_failure.hpp>

#include <spry/emulator/emulator.hpp>
#include <spry/emulator/host.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/handler_api/version.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/standard_error.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace emulator = spry::emulator;

constexpr const char* task_root = "/var/task";
constexpr std::array<const char*, 3> default_programs{"/var/task/bootstrap", "/opt/bootstrap",
                                                      "/var/runtime/bootstrap"};

constexpr emulator::log_colours colours{"\033[2m", "\033[31m", "\033[0m"}; // dim, red

int complain(std::string_view problem) {
    spry::io::write_error_line({problem});
    return 1;
}

void print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

bool is_terminal_with_colours(const std::vector<std::string>& variables) {
    return ::isatty(STDOUT_FILENO) == 1 && emulator::find_variable(variables, "NO_COLOR").empty() &&
           emulator::find_variable(variables, "TERM") != "dumb";
}

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

// The function's program, as aws-lambda-rie takes it from the command line (contract 7.2), or what
// is wrong.
std::optional<std::string> choose_program(const std::vector<std::string>& command,
                                          emulator::function_program& function) {
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
    const std::string_view path = emulator::find_variable(function.environment, "PATH");
    std::optional<std::string> program = find_program(command.front(), path);
    if (!program)
        return "there is no program " + command.front() + " on PATH (" + std::string{path} +
               "): give its path, as in ./" + command.front();
    function.program = std::move(*program);
    function.arguments = command;
    // The last argument is the handler, unless something says otherwise.
    if (command.size() > 1 && emulator::find_variable(function.environment, "_HANDLER").empty())
        emulator::set_variable(function.environment, "_HANDLER", command.back());
    return std::nullopt;
}

void make_table(const std::vector<emulator::named_handler>& functions,
                emulator::emulator_options& options) {
    for (const emulator::named_handler& each : functions) {
        emulator::function_program program = options.function;
        program.name = each.name;
        emulator::set_variable(program.environment, "AWS_LAMBDA_FUNCTION_NAME", each.name);
        emulator::set_variable(program.environment, "AWS_LAMBDA_FUNCTION_HANDLER", each.handler);
        options.table.push_back(std::move(program));
    }
}

std::string explain_start(const emulator::emulator& of, const std::error_code& why) {
    const emulator::function_program* const program = of.unstarted();
    return of.start_failure().starts_with(program->program)
               ? emulator::explain_start_failure(*program, why)
               : of.start_failure();
}

int run(int argc, char** argv) {
    const std::vector<std::string> arguments = emulator::strings_of(argv + (argc > 0));
    const emulator::command_line line = emulator::read_command_line(arguments);
    if (!line.problem.empty())
        return complain(line.problem);
    if (line.help) {
        print(emulator::help_text);
        return 0;
    }
    if (line.version) {
        print("spry-emulator " + std::string{spry::version} + "\n");
        return 0;
    }

    emulator::emulator_options options;
    const bool in_container = emulator::is_init() || (argc > 0 && emulator::is_rie_name(argv[0]));
    std::optional<std::string> wrong =
        emulator::read_settings(emulator::strings_of(environ), in_container, &options);
    if (!wrong)
        wrong = choose_program(line.command, options.function);
    const std::vector<std::string>& variables = options.function.environment;
    const std::string_view level = emulator::find_variable(variables, "LOG_LEVEL");
    const std::optional<bool> quiet = emulator::is_quiet_level(level.empty() ? "info" : level);
    if (!wrong && !quiet)
        wrong = "LOG_LEVEL is \"" + std::string{level} +
                "\", and must be trace, debug, info, warn, error, fatal or panic";
    if (wrong)
        return complain(*wrong);

    options.listen = line.listen.value_or(options.listen);
    options.allowed_hosts.insert(options.allowed_hosts.end(), line.allowed_hosts.begin(),
                                 line.allowed_hosts.end());
    options.function.runtime_api = line.runtime_api;
    options.function.freeze = line.freeze;
    emulator::dispatcher_options& dispatching = options.dispatching;
    dispatching.environments_max = line.concurrency.value_or(dispatching.environments_max);
    dispatching.queued_invocations_max =
        line.queued_max.value_or(dispatching.queued_invocations_max);
    if (is_terminal_with_colours(variables))
        options.log.colours = &colours;
    options.async_retry_delay = line.async_retry_delay.value_or(options.async_retry_delay);
    emulator::stream_limits& streaming = options.streaming;
    streaming.bytes_max = line.stream_bytes_max.value_or(streaming.bytes_max);
    streaming.bytes_per_second = line.stream_bytes_per_second.value_or(streaming.bytes_per_second);
    if (line.compat_rie)
        options.make_front_door = emulator::make_rie_api;
    make_table(line.functions, options);

    spry::result<std::unique_ptr<spry::io::event_loop>> loop =
        spry::io::event_loop::create(spry::io::backend_choice::automatic);
    if (!loop)
        return complain("no event loop: " + loop.error().message());
    emulator::host_options words;
    words.address_setting = "--listen ";
    words.explain_start = explain_start;
    words.says_where_it_listens = !line.is_quiet && !*quiet;
    words.adopts_orphans = true;
    const std::vector<int> others = emulator::list_children();
    const int code = emulator::host(**loop, std::move(options), words);
    emulator::end_orphans(others);
    return code;
}

} // namespace

int main(int argc, char** argv) {
    return run(argc, argv);
}
