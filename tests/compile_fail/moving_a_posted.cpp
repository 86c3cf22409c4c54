// SPDX-License-Identifier: Apache-2.0
// Another thread holds its address.
// expects: deleted
#include <spry/io/posted.hpp>

#include <utility>

void wait(spry::io::event_loop& loop) {
    spry::io::posted finished{loop};
#ifdef SPRY_WRONG
    spry::io::posted moved{std::move(finished)};
    moved.post();
#else
    finished.post();
#endif
}
