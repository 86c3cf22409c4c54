// SPDX-License-Identifier: Apache-2.0
// A descriptor has one owner.
// expects: (deleted|implicitly-deleted|no matching)
#include <spry/io/socket.hpp>

#include <utility>

spry::io::socket take(spry::io::socket& from) {
#ifdef SPRY_WRONG
    return spry::io::socket{from};
#else
    return spry::io::socket{std::move(from)};
#endif
}
