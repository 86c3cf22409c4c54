// SPDX-License-Identifier: Apache-2.0
// What a middleware may return is said in our words.
// expects: a spry middleware is callable, as const, with .*task<spry::response>
#include <spry/spry.hpp>

spry::response handle(spry::event) {
    return {};
}

#ifdef SPRY_WRONG
spry::response around(spry::event, spry::context&, spry::next_handler) {
    return {};
}
#else
spry::task<spry::response> around(spry::event given, spry::context& about,
                                  spry::next_handler next) {
    return next(given, about);
}
#endif

spry::function entry() {
    return {"name", spry::wrap(around, handle)};
}
