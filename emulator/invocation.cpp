// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/invocation.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/result.hpp>
#include <spry/emulator/error_document.hpp>

#include <utility>

namespace spry::emulator {

function_outcome function_outcome::failed(cause why, std::string_view type, std::string message) {
    function_outcome outcome;
    outcome.what = kind::error;
    outcome.why = why;
    outcome.body = error_document(type, message);
    outcome.type = type;
    outcome.message = std::move(message);
    return outcome;
}

task<> invocation::finished() {
    const result<> waited = co_await done_.wait();
    SPRY_ASSERT(waited.has_value()); // nobody can stop this wait
}

void invocation::finish(function_outcome with) {
    SPRY_ASSERT(!has_outcome_);
    outcome = std::move(with);
    has_outcome_ = true;
    if (stream != nullptr)
        stream->end();
    announce();
}

} // namespace spry::emulator
