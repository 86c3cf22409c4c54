// SPDX-License-Identifier: Apache-2.0
// A whole function, `spry::run` and all, in front of a scripted Runtime API.
#pragma once

#include <spry/handler_api/function.hpp>
#include <spry/handler_api/run.hpp>

#include "support/fake_runtime_api.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace spry::tests {

struct function_run {
    int exit_code = -1;
    std::vector<testing::recorded_request> requests;

    std::vector<std::string> start_lines() const;
};

/// Environment variables of the run, besides AWS_LAMBDA_RUNTIME_API.
using variables = std::vector<std::pair<std::string, std::string>>;

/// Runs the function in this process until the script ends it, as a rule with 403. A termination
/// that was requested stays requested: such runs need a process of their own.
function_run run_function(std::vector<testing::script_step> script,
                          std::initializer_list<function> table, const run_options& options = {},
                          const variables& with = {}, const std::string& base_path = {});

} // namespace spry::tests
