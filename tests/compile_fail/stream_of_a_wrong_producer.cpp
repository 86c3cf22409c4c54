// SPDX-License-Identifier: Apache-2.0
// What produces a stream is said in our words.
// expects: a stream's producer is called with the further arguments of context.stream
#include <spry/spry.hpp>

spry::byte_generator numbers(int count) {
    for (int i = 0; i < count; ++i)
        co_yield "1";
}

spry::response handle(spry::event, spry::context& context) {
#ifdef SPRY_WRONG
    return context.stream(numbers, "three");
#else
    return context.stream(numbers, 3);
#endif
}
