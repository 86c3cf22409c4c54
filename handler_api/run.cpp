// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/run.hpp>

#include <spry/core/arena.hpp>
#include <spry/handler_api/detail/concurrent_work.hpp>
#include <spry/handler_api/detail/crash_record.hpp>
#include <spry/handler_api/detail/log_settings.hpp>
#include <spry/handler_api/detail/trace_variable.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/local_mode.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/standard_error.hpp>
#include <spry/io/termination.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace spry {

namespace {

// Of this only the pages that events reach are ever touched.
alignas(64) constinit std::array<std::byte, http::client_buffer_bytes> event_memory{};

std::string names_of(std::span<const function> table) {
    std::string names;
    for (const function& entry : table)
        names.append(names.empty() ? "" : ", ").append(entry.name());
    return names;
}

// Why there is no function to run.
std::string describe(const function_choice& choice, std::span<const function> table) {
    if (table.empty())
        return "the function table is empty: give spry::run at least one {name, handler}";
    if (choice.wanted.empty()) {
        return "this binary has several functions (" + names_of(table) +
               "): name one as the first argument (an image's CMD) or in _HANDLER";
    }
    return "no function is named \"" + std::string{choice.wanted} + "\"; this binary has " +
           names_of(table);
}

int complain(std::initializer_list<std::string_view> parts) {
    io::write_error_line(parts);
    return 1;
}

// The coroutine that the process is: what can fail before the first event is asked for fails as an
// init error. There is no worker where no function was chosen.
task<int> run_function(runtime_client* client, const detail::concurrent_work* plan,
                       io::event_loop* loop, const run_options* options,
                       decltype(snapshot_hooks{}.pass()) pass_snapshot,
                       std::string_view no_function) {
    arena memory;
    error_report problem{"Runtime.NoSuchHandler", no_function};
    if (plan != nullptr) {
        std::exception_ptr thrown;
        try {
            if (options->init != nullptr) {
                task<> init = options->init();
                co_await std::move(init);
            }
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!thrown && pass_snapshot != nullptr) {
            const std::optional<int> code =
                co_await pass_snapshot(client, &options->before_snapshot, &options->after_restore);
            if (code)
                co_return *code;
        }
        if (!thrown && plan->settings.worker_count > 1)
            co_return co_await detail::work_concurrently(plan, loop);
        if (!thrown)
            co_return co_await plan->first.run();
        problem = describe_exception(thrown, memory);
    }
    io::write_error_line({"init error: ", problem.type, ": ", problem.message});
    co_await client->post_start_error(runtime_api::init_error_path, problem, memory);
    co_return 1;
}

int complain_about_backend(std::string_view wanted, const std::error_code& error) {
    return complain({"SPRY_IO=", wanted, " cannot be had here: ", error.message(),
                     "; use auto, uring, direct or epoll"});
}

} // namespace

int run(int argc, char** argv, std::initializer_list<function> table, run_options options) {
    const std::span<const function> functions{table.begin(), table.size()};
    const environment variables = read_environment();
    const function_choice choice = choose_function(functions, argc, argv, variables.handler);
    const std::string no_function =
        choice.chosen == nullptr ? describe(choice, functions) : std::string{};

    const result<io::backend_choice> backend = io::parse_backend_choice(variables.io);
    if (!backend) {
        return complain({"SPRY_IO is \"", variables.io,
                         "\", which is no backend: use auto, uring, direct or epoll"});
    }
    if (variables.runtime_api.empty()) {
        if (!no_function.empty())
            return complain({no_function});
        // Else the emulator would start function after function, and each would refuse.
        if (*backend != io::backend_choice::automatic) {
            const auto wanted = io::event_loop::create(*backend);
            if (!wanted)
                return complain_about_backend(variables.io, wanted.error());
        }
        return detail::run_without_runtime_api(argc, argv);
    }

    const endpoint_parse where = parse_endpoint(variables.runtime_api);
    if (!where) {
        return complain({"AWS_LAMBDA_RUNTIME_API is \"", variables.runtime_api,
                         "\": ", where.problem, "; expected host:port, as in 127.0.0.1:9001"});
    }
    const result<io::address> peer = io::address::resolve(where.value.host, where.value.port);
    if (!peer) {
        return complain({"AWS_LAMBDA_RUNTIME_API is \"", variables.runtime_api,
                         "\": there is no host \"", where.value.host, "\""});
    }
    const unsigned worker_count = std::max(1U, unsigned{variables.max_concurrency});
    result<std::unique_ptr<io::event_loop>> loop =
        io::event_loop::create(*backend, worker_count * detail::operations_per_worker);
    if (!loop)
        return complain_about_backend(variables.io, loop.error());

    detail::install_crash_records();
    io::termination::install();
    const log_level level = detail::process_log_settings(variables).level;
    runtime_client client{**loop,
                          where.value,
                          *peer,
                          event_memory,
                          level,
                          variables.pipeline,
                          worker_place{0, worker_count}};
    if (choice.chosen == nullptr)
        return (*loop)->run(
            run_function(&client, nullptr, loop->get(), &options, nullptr, no_function));
    detail::trace_variable trace;
    const invocation_hooks hooks{options.on_invocation_start, options.on_invocation_end};
    runtime worker{**loop,
                   variables,
                   client,
                   *choice.chosen,
                   level,
                   hooks,
                   worker_count == 1 ? &trace : nullptr};
    const detail::worker_settings settings{variables, where.value, *peer,       *choice.chosen,
                                           level,     hooks,       worker_count};
    const detail::concurrent_work plan{worker, settings, *backend, options.threads};
    auto pass_snapshot = options.before_snapshot.pass();
    if (pass_snapshot == nullptr)
        pass_snapshot = options.after_restore.pass();
    if (!options.restore_handshake || variables.initialization_type != "snap-start")
        pass_snapshot = nullptr;
    task<int> work =
        run_function(&client, &plan, loop->get(), &options, pass_snapshot, no_function);
    if (const auto run_around = options.on_shutdown.run_around()) {
        work = run_around(&options.on_shutdown, loop->get(), &where.value, &*peer, level,
                          std::move(work));
    }
    return (*loop)->run(std::move(work));
}

} // namespace spry
