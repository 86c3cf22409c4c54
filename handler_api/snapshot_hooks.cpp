// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/snapshot_hooks.hpp>

#include <spry/core/arena.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/run.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/io/standard_error.hpp>
#include <spry/io/termination.hpp>

#include <cstddef>
#include <exception>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace spry {

// Whatever was open before a snapshot is dead behind it (runtime-contract 1.10), but for the
// connection that carries this call, which is not trusted with another.
task<runtime_client::next_outcome> runtime_client::restore_next() {
    response_head_ = {};
    head_.clear();
    head_.append("GET ").append(base_path_).append(runtime_api::restore_next_path);
    head_.append(" HTTP/1.1\r\n").append(common_headers_).append("\r\n");
    const result<> connected = client_.connect_blocking();
    if (!connected) {
        log_.fatal("nobody answers where AWS_LAMBDA_RUNTIME_API says; the process ends",
                   {{"address", authority_}, {"reason", connected.error().message()}});
        co_return next_outcome::lost;
    }
    io::termination::idle_on(client_.wire().stream().fd());
    const result<http::arrival> outcome = co_await client_.round_trip({head_.bytes()}, &answer_);
    io::termination::leave_idle(); // cut or not, the connection is closed
    const bool has_answer = outcome && *outcome == http::arrival::message;
    const int status = has_answer ? answer_.status() : 0;
    client_.disconnect();
    if (status / 100 == 2)
        co_return next_outcome::event;
    if (!has_answer && io::termination::requested())
        co_return next_outcome::stopped;
    log_.fatal("the Runtime API did not restore the process, which ends", {{"status", status}});
    co_return next_outcome::lost;
}

namespace detail {

namespace {

enum class direction { forward, backward };

// The first hook that fails is the last that runs.
task<> run_hooks(std::span<const lifecycle_hooks::hook> hooks, direction order,
                 std::exception_ptr* thrown) {
    try {
        for (std::size_t i = 0; i < hooks.size(); ++i) {
            const std::size_t at = order == direction::forward ? i : hooks.size() - 1 - i;
            task<> one = hooks[at]();
            co_await std::move(one);
        }
    } catch (...) {
        *thrown = std::current_exception();
    }
}

// The type tells when it failed, and the message what was thrown.
task<> report(runtime_client* client, std::exception_ptr thrown, std::string_view path,
              std::string_view type) {
    arena memory;
    error_report problem = describe_exception(thrown, memory);
    const std::string message = std::string{problem.type} + ": " + std::string{problem.message};
    problem.type = type;
    problem.message = message;
    io::write_error_line({problem.type, ": ", problem.message});
    co_await client->post_start_error(path, problem, memory);
}

} // namespace

task<std::optional<int>> pass_snapshot(runtime_client* client, const lifecycle_hooks* before,
                                       const lifecycle_hooks* after) {
    std::exception_ptr thrown;
    co_await run_hooks(before->all(), direction::backward, &thrown);
    if (thrown) {
        co_await report(client, thrown, runtime_api::init_error_path,
                        "Runtime.BeforeSnapshotError");
        co_return exit_before_snapshot_failed;
    }
    const runtime_client::next_outcome restored = co_await client->restore_next();
    if (restored == runtime_client::next_outcome::stopped)
        co_return 0;
    if (restored == runtime_client::next_outcome::lost)
        co_return 1;
    co_await run_hooks(after->all(), direction::forward, &thrown);
    if (thrown) {
        co_await report(client, thrown, runtime_api::restore_error_path,
                        "Runtime.AfterRestoreError");
        co_return exit_after_restore_failed;
    }
    co_return std::nullopt;
}

} // namespace detail

} // namespace spry
