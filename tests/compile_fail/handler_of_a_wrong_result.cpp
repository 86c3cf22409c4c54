// SPDX-License-Identifier: Apache-2.0
// What a handler may return is said in our words.
// expects: a spry handler is callable, as const, with
#include <spry/spry.hpp>

struct undescribed {};

#ifdef SPRY_WRONG
undescribed handle(spry::event) {
    return {};
}
#else
int handle(spry::event) {
    return 1;
}
#endif

spry::function entry() {
    return {"name", handle};
}
