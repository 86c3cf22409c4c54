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

namespace spry::emulator {

namespace {

http::server_options front_options() noexcept {
    http::server_options options;
    options.body_bytes_max = runtime_api::payload_size_max;
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
      dispatcher_(loop, options_.function, options_.queued_invocations_max, options_.log_fd) {}

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
    const stop_callback<stop_other> on_stop{stop, stop_other{&ending_}};
    const stop_callback<stop_other> on_at_once{at_once, stop_other{&give_up_}};
    invoke_api::options front;
    front.loopback_bind = local_address().is_loopback();
    front.allowed_hosts = options_.allowed_hosts;
    invoke_api api{loop_,           options_.function, dispatcher_, std::move(front),
                   ending_.token(), give_up_.token()};

    std::vector<std::unique_ptr<http::server>> servers;
    task_scope doors;
    for (io::listener& each : listeners_) {
        servers.push_back(
            std::make_unique<http::server>(loop_, std::move(each), api, front_options()));
        doors.spawn(serve(servers.back().get()));
    }

    // In this order: the function ends, so every invocation has an outcome; then the answers.
    const result<> outcome = co_await dispatcher_.run(ending_.token(), at_once);
    ending_.request_stop();
    task_scope patience;
    stop_source answered;
    patience.spawn(give_up_after_grace(answered.token()));
    co_await doors.join();
    co_await api.finish();
    answered.request_stop();
    co_await patience.join();
    co_return outcome;
}

task<> emulator::serve(http::server* server) {
    const result<> ended = co_await server->run(ending_.token());
    // A front door that nobody can open any more is the end of it.
    if (!ended)
        ending_.request_stop();
}

task<> emulator::give_up_after_grace(stop_token unless) {
    const result<> slept = co_await loop_.sleep_for(answer_grace, unless);
    if (slept)
        give_up_.request_stop();
}

} // namespace spry::emulator
