// SPDX-License-Identifier: Apache-2.0
// Whether a container is borrowed or copied is for its user to say.
// expects: a response owns a std::string or borrows a view of the event or the arena
#include <spry/handler_api/response.hpp>

#include <array>
#include <span>

spry::response answer(const std::array<char, 4>& outlives_the_handler) {
#ifdef SPRY_WRONG
    return spry::response::bytes(outlives_the_handler);
#else
    return spry::response::bytes(std::as_bytes(std::span{outlives_the_handler}));
#endif
}
