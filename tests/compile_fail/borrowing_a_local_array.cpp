// SPDX-License-Identifier: Apache-2.0
// Only an array that lives as long as the process is borrowed as a literal is.
// expects: constant expression
#include <spry/handler_api/response.hpp>

#include <string>

struct row {
    char name[8];
};

spry::response answer(const row& of_the_handler) {
#ifdef SPRY_WRONG
    return spry::response::text(of_the_handler.name);
#else
    return spry::response::text(std::string{of_the_handler.name});
#endif
}
