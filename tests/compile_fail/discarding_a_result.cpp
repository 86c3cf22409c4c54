// SPDX-License-Identifier: Apache-2.0
// A failure is not overlooked.
// expects: ignoring return.*(nodiscard|result)
#include <spry/core/result.hpp>

spry::result<int> attempt();
spry::result<> attempt_too();

bool call() {
#ifdef SPRY_WRONG
    attempt();
    attempt_too();
    return true;
#else
    (void)attempt();
    return attempt_too().has_value();
#endif
}
