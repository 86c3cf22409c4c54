// SPDX-License-Identifier: Apache-2.0
// Local mode: outside of Lambda the process is its own Lambda. It serves HTTP, and starts itself a
// second time as the function behind it.
#include <spry/emulator/emulator.hpp>
#include <spry/emulator/host.hpp>
#include <spry/emulator/settings.hpp>
#include <spry/handler_api/local_mode.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/standard_error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/auxv.h>
#include <unistd.h>

namespace spry::detail {

namespace {

// This executable: /proc's link to it, which leads to what runs here even where the file has been
// replaced meanwhile; without /proc the path it was executed by.
std::string own_executable() {
    constexpr const char* link = "/proc/self/exe";
    if (::access(link, X_OK) == 0)
        return link;
    const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    return executed == nullptr ? std::string{} : std::string{executed};
}

// A function's arguments are its own; but who writes spry-emulator's flags here should hear of it.
void point_at_variables(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument{argv[i]};
        if (!argument.starts_with("--"))
            continue;
        io::write_error_line(
            {argument, " says nothing to local mode, which is set by variables: SPRY_LISTEN, PORT, "
                       "SPRY_CORS, SPRY_ALLOW_HOST, AWS_LAMBDA_FUNCTION_TIMEOUT; flags are "
                       "spry-emulator's"});
        return;
    }
}

std::string explain_start(const emulator::emulator& of, const std::error_code&) {
    return "local mode cannot start " + of.start_failure() +
           " as the function; set AWS_LAMBDA_RUNTIME_API to run it behind another emulator";
}

} // namespace

int run_without_runtime_api(int argc, char** argv) {
    result<std::unique_ptr<io::event_loop>> loop =
        io::event_loop::create(io::backend_choice::automatic);
    if (!loop) {
        io::write_error_line({"no event loop: ", loop.error().message()});
        return 1;
    }
    const bool in_container = emulator::is_init() || (argc > 0 && emulator::is_rie_name(argv[0]));
    emulator::emulator_options options;
    const std::optional<std::string> wrong =
        emulator::read_settings(emulator::strings_of(environ), in_container, &options);
    if (wrong) {
        io::write_error_line({*wrong});
        return 1;
    }
    point_at_variables(argc, argv);
    options.function.program = own_executable();
    options.function.arguments = emulator::strings_of(argv);
    emulator::host_options words;
    words.address_setting = "SPRY_LISTEN=";
    words.explain_start = explain_start;
    return emulator::host(**loop, std::move(options), words);
}

} // namespace spry::detail
