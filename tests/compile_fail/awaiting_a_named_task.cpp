// SPDX-License-Identifier: Apache-2.0
// A task is awaited once, so what is awaited says that it gives it up.
// expects: lvalue|await_ready|as 'this' argument
#include <spry/core/task.hpp>

#include <utility>

spry::task<int> await(spry::task<int> work) {
#ifdef SPRY_WRONG
    const int value = co_await work;
#else
    const int value = co_await std::move(work);
#endif
    co_return value;
}
