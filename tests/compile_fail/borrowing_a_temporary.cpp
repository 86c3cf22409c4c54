// SPDX-License-Identifier: Apache-2.0
// A response borrows only what is a view, and owns only a std::string.
// expects: a response owns a std::string or borrows a view of the event or the arena
#include <spry/handler_api/response.hpp>

#include <string>
#include <vector>

std::vector<char> make();

spry::response answer() {
#ifdef SPRY_WRONG
    return spry::response::bytes(make());
#else
    const std::vector<char> made = make();
    return spry::response::bytes(std::string{made.begin(), made.end()});
#endif
}
