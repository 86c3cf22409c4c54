// SPDX-License-Identifier: Apache-2.0
#include "conformance/whole_function.hpp"

#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>

#include "support/scripted_runtime_api.hpp"

#include <memory>
#include <span>

namespace spry::tests {

namespace {

task<int> work(io::event_loop* loop, io::address at, const function* handler) {
    const std::string where_text = at.to_string();
    const endpoint_parse where = parse_endpoint(where_text);
    const auto memory = std::make_unique<std::byte[]>(http::client_buffer_bytes);
    const environment variables;
    runtime_client client{*loop, where.value, at,
                          std::span{memory.get(), http::client_buffer_bytes}, log_level::info};
    runtime worker{*loop, variables, client, *handler, log_level::info};
    const int code = co_await worker.run();
    co_return code;
}

task<int> work_against(scripted_runtime_api* service, io::event_loop* loop,
                       const function* handler) {
    stop_source over;
    task_scope serving;
    serving.spawn(service->run(over.token()));
    const int code = co_await work(loop, service->address(), handler);
    over.request_stop();
    co_await serving.join();
    co_return code;
}

} // namespace

std::vector<std::string> ended::lines() const {
    std::vector<std::string> all;
    for (const testing::recorded_request& request : requests)
        all.push_back(request.start_line);
    return all;
}

std::size_t ended::logs(std::string_view phrase) const {
    std::size_t found = 0;
    for (std::size_t at = log.find(phrase); at != log.npos; at = log.find(phrase, at + 1))
        ++found;
    return found;
}

ended simulate_function(std::vector<testing::script_step> script, const function& handler,
                        const io::testing::script& network) {
    ended outcome;
    captured_output log;
    {
        const auto loop = io::testing::make_scripted_loop(network);
        const io::time_point before = loop->now();
        scripted_runtime_api service{*loop, std::move(script)};
        outcome.exit_code = loop->run(work_against(&service, loop.get(), &handler));
        outcome.took = loop->now() - before;
        outcome.requests = service.requests();
    }
    outcome.log = log.finish();
    return outcome;
}

} // namespace spry::tests
