// SPDX-License-Identifier: Apache-2.0
// What a middleware may take is said in our words; it stands before the handler.
// expects: a spry middleware is callable, as const, with
#include <spry/spry.hpp>

#include <optional>

spry::response handle(spry::event) {
    return {};
}

std::optional<spry::response> before(spry::event, spry::context&) {
    return {};
}

spry::function entry() {
#ifdef SPRY_WRONG
    return {"name", spry::wrap(handle, before)};
#else
    return {"name", spry::wrap(before, handle)};
#endif
}
