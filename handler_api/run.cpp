// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/run.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/joined.hpp>
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
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace spry {

namespace {

using namespace std::chrono_literals;

// Of this only the pages that heads and events reach are ever touched; cmake/function.ld has it
// begin in one that a start touches anyway.
alignas(64) constinit std::array<std::byte, http::client_buffer_bytes> client_memory{};

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
        return joined({"this binary has several functions (", names_of(table),
                       "): name one as the first argument (an image's CMD) or in _HANDLER"});
    }
    return joined(
        {"no function is named \"", choice.wanted, "\"; this binary has ", names_of(table)});
}

// Longer than any invocation, and far from where a clock's arithmetic ends.
constexpr std::chrono::milliseconds stop_margin_max = 24h;

int complain(std::initializer_list<std::string_view> parts) {
    io::write_error_line(parts);
    return 1;
}

// The coroutine that the process is: what can fail before the first event is asked for fails as an
// init error. There is no worker where there is a problem already.
task<int> run_function(runtime_client* client, const detail::concurrent_work* plan,
                       io::event_loop* loop, const run_options* options,
                       decltype(snapshot_hooks{}.pass()) pass_snapshot, error_report problem) {
    arena memory;
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

std::string describe_unknown_backend(std::string_view wanted) {
    return joined(
        {"SPRY_IO is \"", wanted, "\", which is no backend: use auto, uring, direct or epoll"});
}

std::string describe_refused_backend(std::string_view wanted, const std::error_code& error) {
    return joined({"SPRY_IO=", wanted, " cannot be had here: ", error.message(),
                   "; use auto, uring, direct or epoll"});
}

} // namespace

int run(int argc, char** argv, std::initializer_list<function> table, run_options options) {
    const std::span<const function> functions{table.begin(), table.size()};
    const environment variables = read_environment();
    const function_choice choice = choose_function(functions, argc, argv, variables.handler);
    // Why no event can be taken, if so.
    std::string_view problem_type = "Runtime.NoSuchHandler";
    std::string problem = choice.chosen == nullptr ? describe(choice, functions) : std::string{};

    const result<io::backend_choice> backend = io::parse_backend_choice(variables.io);
    if (!backend) {
        problem_type = "Runtime.NoSuchBackend";
        problem = describe_unknown_backend(variables.io);
    }
    if (variables.runtime_api.empty()) {
        // Else the emulator would start function after function, and each would refuse.
        if (problem.empty() && *backend != io::backend_choice::automatic) {
            const auto wanted = io::event_loop::create(*backend);
            if (!wanted)
                problem = describe_refused_backend(variables.io, wanted.error());
        }
        if (!problem.empty())
            return complain({problem});
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
        io::event_loop::create(backend ? *backend : io::backend_choice::automatic,
                               worker_count * detail::operations_per_worker);
    if (!loop) {
        problem_type = "Runtime.NoSuchBackend";
        problem = describe_refused_backend(variables.io, loop.error());
        loop = io::event_loop::create(io::backend_choice::automatic); // to say so
        if (!loop)
            return complain({problem});
    }

    detail::install_crash_records();
    io::termination::install();
    const log_level level = detail::process_log_settings(variables).level;
    runtime_client client{**loop,
                          where.value,
                          *peer,
                          client_memory,
                          level,
                          variables.pipeline,
                          worker_place{0, worker_count}};
    if (!problem.empty()) {
        return (*loop)->run(run_function(&client, nullptr, loop->get(), &options, nullptr,
                                         {problem_type, problem}));
    }
    detail::trace_variable trace;
    const invocation_hooks hooks{options.on_invocation_start, options.on_invocation_end,
                                 std::clamp(options.stop_margin, 0ms, stop_margin_max)};
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
    task<int> work = run_function(&client, &plan, loop->get(), &options, pass_snapshot, {});
    if (const auto run_around = options.on_shutdown.run_around()) {
        work = run_around(&options.on_shutdown, loop->get(), &where.value, &*peer, level,
                          std::move(work));
    }
    return (*loop)->run(std::move(work));
}

} // namespace spry
