// SPDX-License-Identifier: Apache-2.0
// What `run` does where there is no Runtime API. Declared once and defined twice: the build links
// one of the two.
#pragma once

namespace spry::detail {

/// In emulator/run_local.cpp (spry::spry) the process becomes its own Lambda and answers HTTP; in
/// handler_api/run_production.cpp (spry::function) it says that AWS_LAMBDA_RUNTIME_API is missing.
/// Returns the exit code.
int run_without_runtime_api(int argc, char** argv);

} // namespace spry::detail
