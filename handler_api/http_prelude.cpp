// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/http_prelude.hpp>

#include <spry/core/json_writer.hpp>
#include <spry/http/head_builder.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace spry {

namespace {

// The text of an exception ends at a NUL, and belongs on one line.
std::string_view printable(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && http::is_field_value(text.substr(size, 1)))
        ++size;
    return text.substr(0, size);
}

[[noreturn]] void refuse(std::string_view what, std::string_view which, std::string_view why) {
    std::string text{"an http_prelude's "};
    which = printable(which);
    text.append(what).append(" \"").append(which).append("\" ").append(why);
    throw std::invalid_argument{text};
}

void check(const http_prelude& prelude) {
    if (prelude.status < 200 || prelude.status > 599)
        refuse("status", std::to_string(prelude.status), "is not between 200 and 599");
    for (const http::field& header : prelude.headers) {
        if (!http::is_token(header.name))
            refuse("header name", header.name, "is no HTTP token");
        if (!http::is_field_value(header.value))
            refuse("header", header.name, "has a control character in its value");
        for (const http::field* earlier = prelude.headers.data(); earlier != &header; ++earlier) {
            if (http::equal_ignoring_case(earlier->name, header.name))
                refuse("header", header.name, "comes twice: join its values, or use cookies");
        }
    }
    for (const std::string_view cookie : prelude.cookies) {
        if (!http::is_field_value(cookie))
            refuse("cookie", cookie.substr(0, cookie.find('=')), "has a control character in it");
    }
}

} // namespace

// Empty members are left out. No zero byte can get in: the reader would take eight of them for the
// end. Header text has no control characters, and the writer would escape them.
std::string_view write_http_prelude(const http_prelude& prelude,
                                    std::pmr::memory_resource& memory) {
    check(prelude);
    json::writer text{memory};
    text.begin_object();
    text.key("statusCode");
    text.integer(prelude.status);
    if (!prelude.headers.empty()) {
        text.key("headers");
        text.begin_object();
        for (const http::field& header : prelude.headers) {
            text.key(header.name);
            text.string(header.value);
        }
        text.end_object();
    }
    if (!prelude.cookies.empty()) {
        text.key("cookies");
        text.begin_array();
        for (const std::string_view cookie : prelude.cookies) {
            text.element();
            text.string(cookie);
        }
        text.end_array();
    }
    text.end_object();
    return text.release();
}

} // namespace spry
