// SPDX-License-Identifier: Apache-2.0
// Local mode: outside of Lambda the process is its own Lambda. It serves HTTP, and starts itself a
// second time as the function behind it.
#include <spry/core/stop_token.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/emulator.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/handler_api/local_mode.hpp>
#include <spry/io/child_process.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/signals.hpp>
#include <spry/io/standard_error.hpp>

#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/auxv.h>
#include <unistd.h>

namespace spry::detail {

namespace {

int complain(std::initializer_list<std::string_view> parts) {
    io::write_error_line(parts);
    return 1;
}

std::string_view base_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

// This executable: /proc's link to it, which leads to what runs here even where the file has been
// replaced meanwhile; without /proc the path it was executed by.
std::string own_executable() {
    constexpr const char* link = "/proc/self/exe";
    if (::access(link, X_OK) == 0)
        return link;
    const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    return executed == nullptr ? std::string{} : std::string{executed};
}

std::vector<std::string> strings_of(char** list) {
    std::vector<std::string> strings;
    for (; list != nullptr && *list != nullptr; ++list)
        strings.emplace_back(*list);
    return strings;
}

// The first signal asks for an orderly end, the second for one at once.
task<> watch_signals(io::signal_reader* signals, const emulator::emulator* local, stop_source* stop,
                     stop_source* at_once, stop_token over) {
    while (true) {
        const result<int> signal = co_await signals->next(over);
        if (!signal)
            co_return;
        if (*signal == SIGCHLD) {
            const int function = local->function_pid();
            io::reap_orphans({&function, 1});
        } else if (!stop->request_stop()) {
            at_once->request_stop();
        }
    }
}

task<result<>> serve_until_signal(io::signal_reader* signals, emulator::emulator* local) {
    stop_source stop;
    stop_source at_once;
    stop_source over;
    task_scope scope;
    scope.spawn(watch_signals(signals, local, &stop, &at_once, over.token()));
    const result<> outcome = co_await local->run(stop.token(), at_once.token());
    over.request_stop();
    co_await scope.join();
    co_return outcome;
}

int complain_about_listening(const io::address& at, const std::error_code& error) {
    const std::string port = std::to_string(at.port());
    if (error == std::errc::address_in_use)
        return complain({"port ", port,
                         " is in use: choose another one with SPRY_LISTEN=127.0.0.1:",
                         "PORT, or 127.0.0.1:0 for a free one"});
    return complain({"cannot listen on ", at.to_string(), ": ", error.message(),
                     " (choose with SPRY_LISTEN=127.0.0.1:PORT)"});
}

void say_where(const io::address& at) {
    const std::string port = std::to_string(at.port());
    io::write_error_line({"listening on http://", at.to_string()});
    io::write_error_line({"try curl -XPOST \"http://localhost:", port,
                          "/2015-03-31/functions/function/invocations\" -d '{}'"});
}

} // namespace

int run_without_runtime_api(int argc, char** argv) {
    result<std::unique_ptr<io::event_loop>> loop =
        io::event_loop::create(io::backend_choice::automatic);
    if (!loop)
        return complain({"no event loop: ", loop.error().message()});

    const bool is_init = ::getpid() == 1;
    const bool in_container = is_init || (argc > 0 && base_name(argv[0]) == "aws-lambda-rie");
    emulator::emulator_options options;
    const std::optional<std::string> wrong =
        emulator::read_settings(strings_of(environ), in_container, &options);
    if (wrong)
        return complain({*wrong});
    options.function.program = own_executable();
    options.function.arguments = strings_of(argv);

    // Who reads our output may leave; the log is then lost, and nothing else.
    std::signal(SIGPIPE, SIG_IGN);
    result<io::signal_reader> signals =
        is_init ? io::signal_reader::create(**loop, {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
                : io::signal_reader::create(**loop, {SIGINT, SIGTERM, SIGHUP});
    if (!signals)
        return complain({"no signals: ", signals.error().message()});

    const io::address wanted = options.listen.address;
    const std::string program = options.function.program;
    emulator::emulator local{**loop, std::move(options)};
    const result<> listening = local.listen();
    if (!listening)
        return complain_about_listening(wanted, listening.error());
    say_where(local.local_address());

    const result<> served = (*loop)->run(serve_until_signal(&*signals, &local));
    if (!served)
        return complain({"local mode cannot start ", program,
                         " as the function: ", served.error().message(),
                         "; set AWS_LAMBDA_RUNTIME_API to run it behind another emulator"});
    return 0;
}

} // namespace spry::detail
