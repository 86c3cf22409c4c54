// SPDX-License-Identifier: Apache-2.0
// What stands innermost is a handler.
// expects: a spry handler is callable, as const, with
#include <spry/spry.hpp>

#include <optional>

std::optional<spry::response> before(spry::event, spry::context&) {
    return {};
}

#ifdef SPRY_WRONG
struct undescribed {};

spry::response handle(undescribed, int) {
    return {};
}
#else
spry::response handle(spry::event) {
    return {};
}
#endif

spry::function entry() {
    return {"name", spry::wrap(before, handle)};
}
