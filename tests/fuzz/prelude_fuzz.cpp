// SPDX-License-Identifier: Apache-2.0
// The prelude of a streamed HTTP answer, from a status, headers and cookies that may be anything:
// it is refused, or is JSON that says the same, without a zero byte that its reader would stop at.
#include "support/input.hpp"

#include <spry/core/arena.hpp>
#include <spry/core/assert.hpp>
#include <spry/core/json.hpp>
#include <spry/core/utf8.hpp>
#include <spry/handler_api/http_prelude.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace spry;

struct read_prelude {
    int statusCode = 0;
    std::map<std::string, std::string> headers;
    std::vector<std::string> cookies;
};
SPRY_JSON(read_prelude, required(statusCode), headers, cookies)

bool is_visible_or_blank(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

std::string lower(std::string_view text) {
    std::string made{text};
    for (char& c : made)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return made;
}

// What must be refused, told apart from what must not in other words than the code's.
bool is_sendable(const http_prelude& prelude) {
    constexpr std::string_view separators = "\"(),/:;<=>?@[\\]{} \t";
    std::map<std::string, int> seen;
    for (const http::field& header : prelude.headers) {
        const bool is_token = std::ranges::all_of(header.name, [&](char c) {
            return c > ' ' && c < 0x7f && separators.find(c) == separators.npos;
        });
        if (header.name.empty() || !is_token || ++seen[lower(header.name)] > 1 ||
            !std::ranges::all_of(header.value, is_visible_or_blank))
            return false;
    }
    for (const std::string_view cookie : prelude.cookies) {
        if (!std::ranges::all_of(cookie, is_visible_or_blank))
            return false;
    }
    return prelude.status >= 200 && prelude.status < 600;
}

void check(const http_prelude& prelude) {
    arena memory;
    std::string text;
    try {
        text = write_http_prelude(prelude, memory);
    } catch (const std::invalid_argument&) {
        SPRY_ASSERT(!is_sendable(prelude));
        return;
    }
    SPRY_ASSERT(is_sendable(prelude));
    SPRY_ASSERT(text.find('\0') == text.npos);
    SPRY_ASSERT(utf8::is_valid(text));

    const std::size_t size = text.size();
    text.resize(size + 64); // the parser's padding
    json::reader reader;
    const auto read = reader.read<read_prelude>(std::string_view{text}.substr(0, size), memory);
    SPRY_ASSERT(read);
    SPRY_ASSERT(read->statusCode == prelude.status);
    SPRY_ASSERT(read->headers.size() == prelude.headers.size());
    for (const http::field& header : prelude.headers)
        SPRY_ASSERT(read->headers.at(std::string{header.name}) == utf8::repaired(header.value));
    SPRY_ASSERT(read->cookies.size() == prelude.cookies.size());
    for (std::size_t i = 0; i < prelude.cookies.size(); ++i)
        SPRY_ASSERT(read->cookies[i] == utf8::repaired(prelude.cookies[i]));
}

} // namespace

// Status, number of headers, NAME:VALUE|..., cookie|...
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input from{data, size};
    http_prelude prelude;
    prelude.status = 4 * from.byte();
    for (int left = from.byte() % 8; left > 0; --left) {
        const std::string_view name = from.text_until(':');
        prelude.headers.push_back({name, from.text_until('|')});
    }
    while (!from.rest().empty())
        prelude.cookies.push_back(from.text_until('|'));
    check(prelude);
    return 0;
}
