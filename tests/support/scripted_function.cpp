// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_function.hpp"

#include <spry/handler_api/local_mode.hpp>

#include <array>
#include <cstdlib>

namespace spry::tests {

std::vector<std::string> function_run::start_lines() const {
    std::vector<std::string> all;
    for (const testing::recorded_request& request : requests)
        all.push_back(request.start_line);
    return all;
}

function_run run_function(std::vector<testing::script_step> script,
                          std::initializer_list<function> table, const run_options& options,
                          const variables& with, const std::string& base_path) {
    testing::fake_runtime_api api{std::move(script)};
    ::setenv("AWS_LAMBDA_RUNTIME_API", (api.address() + base_path).c_str(), 1);
    for (const auto& [name, value] : with)
        ::setenv(name.c_str(), value.c_str(), 1);
    std::string program = "function";
    std::array<char*, 2> argv{program.data(), nullptr};
    function_run ended;
    ended.exit_code = spry::run(1, argv.data(), table, options);
    ended.requests = api.finish();
    for (const auto& [name, value] : with)
        ::unsetenv(name.c_str());
    ::unsetenv("AWS_LAMBDA_RUNTIME_API");
    return ended;
}

} // namespace spry::tests

// These functions are never without a Runtime API.
int spry::detail::run_without_runtime_api(int, char**) {
    std::abort();
}
