// SPDX-License-Identifier: Apache-2.0
// A coroutine's event must live as long as the coroutine.
// expects: a spry middleware is callable.*the event is taken by value
#include <spry/spry.hpp>

spry::response handle(spry::event) {
    return {};
}

#ifdef SPRY_WRONG
using taken = const spry::event&;
#else
using taken = spry::event;
#endif

spry::task<spry::response> around(taken given, spry::context& about, spry::next_handler next) {
    co_return co_await next(given, about);
}

spry::function entry() {
    return {"name", spry::wrap(around, handle)};
}
