// SPDX-License-Identifier: Apache-2.0
// A task that nobody awaits does nothing.
// expects: ignoring return.*(nodiscard|task)
#include <spry/core/task.hpp>

spry::task<> work();

spry::task<> call() {
#ifdef SPRY_WRONG
    work();
#else
    co_await work();
#endif
    co_return;
}
