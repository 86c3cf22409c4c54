// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/testing/outcome.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace spry::testing {

emulator::http_answer outcome::http() const {
    if (failed)
        throw std::runtime_error("no HTTP answer, since the function failed: " + error_type + ": " +
                                 error_message);
    std::optional<emulator::http_answer> answer;
    if (is_stream) {
        answer = emulator::read_prelude(prelude.empty() ? "{}" : prelude);
        if (answer)
            answer->body = body;
    } else {
        answer = emulator::read_http_answer(body);
    }
    if (!answer)
        throw std::runtime_error("no HTTP answer can be made of " +
                                 (prelude.empty() ? body : prelude));
    return *std::move(answer);
}

} // namespace spry::testing
