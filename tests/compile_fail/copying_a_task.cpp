// SPDX-License-Identifier: Apache-2.0
// A frame has one owner.
// expects: (deleted|implicitly-deleted|no matching)
#include <spry/core/task.hpp>

#include <utility>

spry::task<> take(spry::task<> work) {
#ifdef SPRY_WRONG
    return work.done() ? spry::task<>{work} : spry::task<>{work};
#else
    return spry::task<>{std::move(work)};
#endif
}
