// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/testing/detail/scripted_worker.hpp>

#include <spry/core/stop_token.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace spry::testing {

namespace {

task<int> work(io::event_loop* loop, io::address at, const function* handler,
               const worker_settings* how) {
    const std::string where_text = at.to_string();
    const endpoint_parse where = parse_endpoint(where_text);
    const auto memory = std::make_unique<std::byte[]>(http::client_buffer_bytes);
    runtime_client client{*loop, where.value, at,
                          std::span{memory.get(), http::client_buffer_bytes}, how->level};
    runtime worker{*loop, how->environment, client, *handler, how->level, how->hooks};
    const int code = co_await worker.run();
    co_return code;
}

} // namespace

task<int> run_worker(scripted_runtime_api* service, io::event_loop* loop, const function* handler,
                     const worker_settings* how) {
    stop_source over;
    task_scope serving;
    serving.spawn(service->run(over.token()));
    const int code = co_await work(loop, service->address(), handler, how);
    over.request_stop();
    co_await serving.join();
    co_return code;
}

} // namespace spry::testing
