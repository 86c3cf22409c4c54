// SPDX-License-Identifier: Apache-2.0
// What a handler may take is said in our words.
// expects: a spry handler is callable, as const, with
#include <spry/spry.hpp>

struct undescribed {};

#ifdef SPRY_WRONG
spry::response handle(undescribed, int) {
    return {};
}
#else
spry::response handle(spry::event) {
    return {};
}
#endif

spry::function entry() {
    return {"name", handle};
}
