// SPDX-License-Identifier: Apache-2.0
// A content type is borrowed, so it is nothing that dies with the expression.
// expects: deleted (member )?function
#include <spry/handler_api/response.hpp>

#include <string>

spry::response answer(std::string picture, bool is_png) {
#ifdef SPRY_WRONG
    return spry::response::bytes(std::move(picture), "image/" + std::string{is_png ? "png" : "jpeg"});
#else
    return spry::response::bytes(std::move(picture), is_png ? "image/png" : "image/jpeg");
#endif
}
