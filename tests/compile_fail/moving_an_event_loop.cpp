// SPDX-License-Identifier: Apache-2.0
// Everything on a loop holds its address.
// expects: deleted
#include <spry/io/event_loop.hpp>

#include <memory>
#include <utility>

std::unique_ptr<spry::io::event_loop> take(std::unique_ptr<spry::io::event_loop> from) {
#ifdef SPRY_WRONG
    return std::make_unique<spry::io::event_loop>(std::move(*from));
#else
    return from;
#endif
}
