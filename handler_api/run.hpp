// SPDX-License-Identifier: Apache-2.0
// run: everything between main and the handlers.
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation_hooks.hpp>

#include <initializer_list>

namespace spry {

struct run_options {
    /// Runs on the loop before the first event is asked for, within Lambda's time for
    /// initialisation. An exception is posted as an init error, and the process exits.
    task<> (*init)() = nullptr;
    /// Called around every invocation of the process, whichever handler answers it: for tracing and
    /// metrics. What belongs to one handler is middleware around that handler.
    invocation_start_hook on_invocation_start = nullptr;
    invocation_end_hook on_invocation_end = nullptr;
};

/// Runs the function that the table, the arguments and `_HANDLER` select:
///
/// - on Lambda, or behind any emulator (AWS_LAMBDA_RUNTIME_API is set): takes event after event
/// until the process is told to
///   end;
/// - without that variable: becomes its own emulator, starts itself as the function behind it, and
/// answers HTTP
///   (spry::spry), or says that the variable is missing (spry::function).
///
/// Returns the exit code for `main`: 0 after SIGTERM, else non-zero with one line on standard
/// error. What stands in main before `run` runs in both processes of the local mode.
///
///     int main(int argc, char** argv) { return spry::run(argc, argv, {{"greet", greet}, {"echo",
///     echo}}); }
int run(int argc, char** argv, std::initializer_list<function> table, run_options options = {});

} // namespace spry
