// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/invocation.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/result.hpp>

#include <utility>

namespace spry::emulator {

task<> invocation::finished() {
    const result<> waited = co_await done_.wait();
    SPRY_ASSERT(waited.has_value()); // nobody can stop this wait
}

void invocation::finish(function_outcome with) {
    SPRY_ASSERT(!has_outcome_);
    outcome = std::move(with);
    has_outcome_ = true;
    announce();
}

} // namespace spry::emulator
