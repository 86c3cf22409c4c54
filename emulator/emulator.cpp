// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/emulator.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/invoke_api.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/server.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include <sys/resource.h>

namespace spry::emulator {

namespace {

// Left for what is not a caller's connection: listeners, pipes, the function's own.
constexpr std::size_t other_files = 64;

http::server_options front_options(const caller_limits& callers) noexcept {
    http::server_options options;
    options.body_bytes_max = runtime_api::payload_size_max;
    options.connections_max = callers.connections_max;
    options.idle_timeout = callers.idle_timeout;
    options.read_timeout = callers.read_timeout;
    options.request_timeout = callers.request_timeout;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0 &&
        files.rlim_cur < callers.connections_max + other_files)
        options.connections_max =
            std::clamp<std::size_t>(files.rlim_cur / 2, 1, callers.connections_max);
    return options;
}

struct stop_other {
    stop_source* other;
    void operator()() const { other->request_stop(); }
};

} // namespace

emulator::emulator(io::event_loop& loop, emulator_options options)
    : loop_(loop),
      options_(std::move(options)),
      log_(loop, options_.log),
      functions_(options_.table.empty()) {
    if (options_.table.empty())
        functions_.add(loop, options_.function, log_, options_.dispatching);
    for (const function_program& each : options_.table) {
        dispatcher_options dispatching = options_.dispatching;
        if (each.environments_max != 0)
            dispatching.environments_max = each.environments_max;
        functions_.add(loop, each, log_, dispatching);
    }
}

result<> emulator::listen() {
    result<std::vector<io::listener>> bound = bind_all(loop_, options_.listen);
    if (!bound)
        return failure(bound.error());
    listeners_ = std::move(*bound);
    return {};
}

const io::address& emulator::local_address() const noexcept {
    SPRY_ASSERT(!listeners_.empty());
    return listeners_.front().local_address();
}

task<result<>> emulator::run(stop_token stop, stop_token at_once) {
    SPRY_ASSERT(!listeners_.empty());
    const bool answers_all = options_.http == http_front::alone;
    const stop_callback<stop_other> on_stop{stop, stop_other{answers_all ? &closing_ : &ending_}};
    const stop_callback<stop_other> on_at_once{at_once, stop_other{&give_up_}};
    const stop_callback<stop_other> on_give_up{give_up_.token(), stop_other{&ending_}};
    const stop_callback<stop_other> on_ending{ending_.token(), stop_other{&closing_}};
    front_door_parts parts{loop_,
                           functions_,
                           log_,
                           local_address().is_loopback(),
                           options_.allowed_hosts,
                           options_.async_retry_delay,
                           options_.streaming,
                           options_.http,
                           options_.cors,
                           ending_.token(),
                           give_up_.token()};
    const front_door_maker make =
        options_.make_front_door == nullptr ? make_invoke_api : options_.make_front_door;
    const std::unique_ptr<front_door> door = make(parts);

    // Before the doors open: who has called already would else start a second process
    // beside the first.
    task_scope running;
    for (const auto& each : functions_.all())
        running.spawn(dispatch(each.get(), at_once));
    std::vector<std::unique_ptr<http::server>> servers;
    task_scope doors;
    for (io::listener& each : listeners_) {
        servers.push_back(std::make_unique<http::server>(loop_, std::move(each), *door,
                                                         front_options(options_.callers)));
        doors.spawn(serve(servers.back().get()));
    }

    if (answers_all) {
        co_await doors.join();
        ending_.request_stop();
    }
    // In this order: the functions end, so every invocation has an outcome; then the answers.
    co_await running.join();
    ending_.request_stop();
    task_scope patience;
    stop_source answered;
    patience.spawn(give_up_after_grace(answered.token()));
    co_await doors.join();
    co_await door->finish();
    answered.request_stop();
    co_await patience.join();
    co_await log_.finish(give_up_.token());
    if (start_error_)
        co_return failure(start_error_);
    co_return result<>{};
}

task<> emulator::dispatch(dispatcher* function, stop_token at_once) {
    const result<> outcome = co_await function->run(ending_.token(), at_once);
    if (outcome)
        co_return;
    start_error_ = outcome.error();
    ending_.request_stop();
}

std::string emulator::start_failure() const {
    for (const auto& each : functions_.all()) {
        if (!each->start_failure().empty())
            return each->start_failure();
    }
    return {};
}

const function_program* emulator::unstarted() const noexcept {
    for (const auto& each : functions_.all()) {
        if (!each->start_failure().empty())
            return &each->program();
    }
    return nullptr;
}

task<> emulator::serve(http::server* server) {
    const result<> ended = co_await server->run(closing_.token());
    // A front door that nobody can open any more is the end of it.
    if (!ended)
        ending_.request_stop();
}

task<> emulator::give_up_after_grace(stop_token unless) {
    const result<> slept = co_await loop_.sleep_for(answer_grace, unless);
    if (slept)
        give_up_.request_stop();
}

std::vector<int> emulator::processes() {
    std::vector<int> pids;
    for (const auto& each : functions_.all())
        each->list_processes(pids);
    return pids;
}

} // namespace spry::emulator
