// SPDX-License-Identifier: Apache-2.0
#include "conformance/whole_function.hpp"

#include <spry/emulator/testing/detail/scripted_runtime_api.hpp>
#include <spry/emulator/testing/detail/scripted_worker.hpp>

namespace spry::tests {

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
        testing::scripted_runtime_api service{*loop, std::move(script)};
        const testing::worker_settings how;
        outcome.exit_code = loop->run(testing::run_worker(&service, loop.get(), &handler, &how));
        outcome.took = loop->now() - before;
        outcome.requests = service.requests();
    }
    outcome.log = log.finish();
    return outcome;
}

} // namespace spry::tests
