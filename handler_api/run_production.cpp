// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/local_mode.hpp>
#include <spry/io/standard_error.hpp>

namespace spry::detail {

int run_without_runtime_api(int, char**) {
    io::write_error_line({"AWS_LAMBDA_RUNTIME_API is not set, and this binary is built without the "
                          "emulator (spry::function): "
                          "run it on Lambda or behind an emulator, or link spry::spry"});
    return 1;
}

} // namespace spry::detail
