// SPDX-License-Identifier: Apache-2.0
#include <spry/io/posted.hpp>

#include <spry/io/detail/door.hpp>

namespace spry::io {

posted::posted(event_loop& loop) noexcept
    : door_(loop.opened_door()), wake_(loop, opcode::resume, {}) {
    wake_.start();
    door_.expect();
}

void posted::post() noexcept {
    door_.post(*this);
}

} // namespace spry::io
