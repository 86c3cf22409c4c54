// SPDX-License-Identifier: Apache-2.0
// Requests as a server reads them, and what it does with their targets.
#include "support/messages.hpp"

#include <spry/core/assert.hpp>
#include <spry/http/target.hpp>

#include <optional>
#include <string>

namespace {

using namespace spry;

// Of any text: what was encoded is decoded again, and the segments put together are the path.
void take_apart(std::string_view target) {
    SPRY_ASSERT(http::percent_decode(http::percent_encode(target)) == target);
    const std::optional<std::string> decoded = http::percent_decode(target);
    if (decoded)
        SPRY_ASSERT(decoded->size() <= target.size());
    const std::string_view path = target.substr(0, target.find('?'));
    std::string_view rest = path;
    std::string together;
    while (const std::optional<std::string_view> segment = http::next_segment(rest))
        together += "/" + std::string{*segment};
    if (path.starts_with('/'))
        SPRY_ASSERT(together == path);
    if (path.size() < target.size()) {
        const std::string_view query = target.substr(path.size() + 1);
        const std::string_view name = query.substr(0, query.find_first_of("=&"));
        const std::optional<std::string> plain =
            http::percent_decode(name, http::plus_sign::is_space);
        if (!query.empty() && plain && http::percent_decode(query))
            SPRY_ASSERT(http::query_parameter(query, *plain).has_value());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input from{data, size};
    fuzz::read_messages(http::message_kind::request, from);
    (void)from.byte();
    (void)from.byte();
    (void)from.text_until(' ');
    take_apart(from.text_until(' '));
    return 0;
}
