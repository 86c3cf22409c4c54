// SPDX-License-Identifier: Apache-2.0
// run_worker: one worker of a function against a scripted Runtime API, on one loop.
#pragma once

#include <spry/core/task.hpp>
#include <spry/emulator/testing/detail/scripted_runtime_api.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation_hooks.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/io/event_loop.hpp>

namespace spry::testing {

struct worker_settings {
    spry::environment environment = {};
    log_level level = log_level::info;
    invocation_hooks hooks = {};
};

/// Until the script is over. Gives the worker's exit code. All of them outlive the task.
task<int> run_worker(scripted_runtime_api* service, io::event_loop* loop, const function* handler,
                     const worker_settings* how);

} // namespace spry::testing
