// SPDX-License-Identifier: Apache-2.0
// spry-emulator: a local Lambda service for any program that speaks the Runtime API, in the place
// of aws-lambda-rie.
#include <spry/emulator/program/command_line.hpp>
#include <spry/emulator/program/event_visitor.hpp>
#include <spry/emulator/program/events/sample_events.hpp>
#include <spry/emulator/program/extension_folder.hpp>
#include <spry/emulator/program/extensions.hpp>
#include <spry/emulator/program/function_command.hpp>
#include <spry/emulator/program/functions_file.hpp>
#include <spry/emulator/program/orphans.hpp>
#include <spry/emulator/program/page/status_page.hpp>
#include <spry/emulator/program/print.hpp>
#include <spry/emulator/program/program_watch.hpp>
#include <spry/emulator/program/rie_api.hpp>
#include <spry/emulator/program/start_failure.hpp>

#include <spry/emulator/emulator.hpp>
#include <spry/emulator/host.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/handler_api/version.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/standard_error.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace emulator = spry::emulator;

constexpr emulator::log_colours colours{"\033[2m", "\033[31m", "\033[0m"}; // dim, red

int complain(std::string_view problem) {
    std::string line{problem}; // with what somebody has written, a line feed perhaps
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == '\x7F'; }, '?');
    spry::io::write_error_line({line});
    return 1;
}

bool is_terminal_with_colours(const std::vector<std::string>& variables) {
    return ::isatty(STDOUT_FILENO) == 1 && emulator::find_variable(variables, "NO_COLOR").empty() &&
           emulator::find_variable(variables, "TERM") != "dumb";
}

// The function's extensions, as long as nobody has switched them off, or what is wrong.
std::optional<std::string> choose_extensions(const std::optional<std::string>& folder,
                                             emulator::function_program& function) {
    if (emulator::extensions_are_disabled())
        return std::nullopt;
    function.make_extensions = emulator::make_extensions;
    spry::result<std::vector<std::string>> found =
        emulator::list_extensions(folder.value_or(emulator::extension_folder_default));
    if (!found && folder)
        return "--extensions is \"" + *folder +
               "\", and must be a folder with programs: " + found.error().message();
    if (!found)
        return std::nullopt;
    if (found->size() > emulator::extensions_max)
        return "there are " + std::to_string(found->size()) +
               " extensions, and Lambda takes 10: remove some of the files in " +
               folder.value_or(emulator::extension_folder_default);
    function.extensions = std::move(*found);
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

emulator::event_origin origin_of(const std::vector<std::string>& variables) {
    emulator::event_origin origin;
    const std::string_view region = emulator::find_variable(variables, "AWS_REGION");
    if (!region.empty())
        origin.region = region;
    origin.now = std::chrono::system_clock::now();
    return origin;
}

// spry-emulator events [NAME]
int show_events(std::span<const std::string> names) {
    if (names.size() > 1)
        return complain("events takes one name: spry-emulator events lists them");
    if (names.empty()) {
        emulator::print(emulator::list_sample_events());
        return 0;
    }
    const std::optional<std::string> event =
        emulator::make_sample_event(names.front(), origin_of(emulator::strings_of(environ)));
    if (!event)
        return complain(emulator::no_such_event(names.front()));
    emulator::print(*event);
    return 0;
}

int run(int argc, char** argv) {
    const std::vector<std::string> arguments = emulator::strings_of(argv + (argc > 0));
    if (!arguments.empty() && arguments.front() == "events")
        return show_events(std::span{arguments}.subspan(1));
    const emulator::command_line line = emulator::read_command_line(arguments);
    if (!line.problem.empty())
        return complain(line.problem);
    if (line.help) {
        emulator::print(emulator::help_text);
        return 0;
    }
    if (line.version) {
        emulator::print("spry-emulator " + std::string{spry::version} + "\n");
        return 0;
    }

    emulator::emulator_options options;
    const bool in_container = emulator::is_init() || (argc > 0 && emulator::is_rie_name(argv[0]));
    // With --event nobody else is served, and aws-lambda-rie does not know PORT.
    std::vector<std::string> environment = emulator::strings_of(environ);
    std::optional<emulator::listen_choice> listen = line.listen;
    if (!listen && !line.event.empty())
        listen = *emulator::parse_listen("127.0.0.1:0");
    else if (!listen && line.compat_rie &&
             emulator::find_variable(environment, "SPRY_LISTEN").empty())
        listen = emulator::default_listen(in_container);
    std::optional<std::string> wrong =
        emulator::read_settings(std::move(environment), in_container, &options, listen);
    if (!wrong && !emulator::is_function_name(options.function.name))
        wrong = "AWS_LAMBDA_FUNCTION_NAME is \"" + options.function.name + "\", and must be " +
                std::string{emulator::function_name_form};
    options.function.runtime_api = line.runtime_api;
    options.function.freeze = line.freeze;
    if (!wrong)
        wrong = choose_extensions(line.extensions, options.function);
    if (!wrong && line.functions_file.empty())
        wrong = emulator::set_command(line.command, options.function);
    else if (!wrong)
        wrong = emulator::read_functions_file(line.functions_file, options.function, line.command,
                                              &options.table);
    const std::vector<std::string>& variables = options.function.environment;
    const std::string_view level = emulator::find_variable(variables, "LOG_LEVEL");
    const std::optional<bool> quiet = emulator::is_quiet_level(level.empty() ? "info" : level);
    if (!wrong && !quiet)
        wrong = "LOG_LEVEL is \"" + std::string{level} +
                "\", and must be trace, debug, info, warn, error, fatal or panic";
    if (wrong)
        return complain(*wrong);

    options.allowed_hosts.insert(options.allowed_hosts.end(), line.allowed_hosts.begin(),
                                 line.allowed_hosts.end());
    emulator::dispatcher_options& dispatching = options.dispatching;
    dispatching.environments_max = line.concurrency.value_or(dispatching.environments_max);
    dispatching.queued_invocations_max =
        line.queued_max.value_or(dispatching.queued_invocations_max);
    if (line.runtime_api && line.runtime_api->port() != 0)
        dispatching.environments_max = 1; // they need an address each
    if (is_terminal_with_colours(variables))
        options.log.colours = &colours;
    options.async_retry_delay = line.async_retry_delay.value_or(options.async_retry_delay);
    emulator::stream_limits& streaming = options.streaming;
    streaming.bytes_max = line.stream_bytes_max.value_or(streaming.bytes_max);
    streaming.bytes_per_second = line.stream_bytes_per_second.value_or(streaming.bytes_per_second);
    if (line.http && options.http == emulator::http_front::none)
        options.http = emulator::http_front::beside;
    if (line.cors)
        options.cors = *line.cors;
    options.make_front_door = line.compat_rie ? emulator::make_rie_api : emulator::make_status_page;
    make_table(line.functions, options);
    const std::vector<emulator::function_program> functions =
        options.table.empty() ? std::vector{options.function} : options.table;
    // Before it listens: nobody shall call where nobody can answer.
    for (const emulator::function_program& each : functions) {
        wrong = emulator::find_start_failure(each);
        if (wrong)
            return complain(*wrong);
    }

    std::optional<emulator::event_visitor> visitor;
    if (!line.event.empty()) {
        visitor.emplace(options.table.empty() ? options.function.name : options.table.front().name,
                        *emulator::make_sample_event(line.event, origin_of(variables)));
        options.log.fd = STDERR_FILENO; // the answer alone goes to standard output
        options.log.colours = nullptr;
    }

    spry::result<std::unique_ptr<spry::io::event_loop>> loop =
        spry::io::event_loop::create(spry::io::backend_choice::automatic);
    if (!loop)
        return complain("no event loop: " + loop.error().message());
    emulator::host_options words;
    emulator::program_watch watch;
    if (line.watch) {
        const std::optional<std::string> problem = watch.watch(**loop, functions);
        if (problem)
            return complain(*problem);
        options.dispatching.waits_for_program = true;
        words.beside = &watch;
    }
    words.address_setting = "--listen ";
    words.explain_start = explain_start;
    if (!line.compat_rie)
        words.page = emulator::home_of(options.http);
    words.says_where_it_listens = !line.is_quiet && !*quiet && !visitor;
    words.first = visitor ? &*visitor : nullptr;
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
