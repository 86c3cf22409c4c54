// SPDX-License-Identifier: Apache-2.0
// Whether an answer's head that is compared with the last one is read as llhttp alone would read
// it. The second head is the first with some bytes replaced, since two that are found apart hardly
// ever have the same form.
#include "support/input.hpp"
#include "support/messages.hpp"

#include <spry/core/assert.hpp>
#include <spry/http/head_form.hpp>
#include <spry/http/parser.hpp>

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace spry;
using outcome = http::parser::outcome;

constexpr std::size_t head_bytes_max = 2048;

struct reading {
    outcome found = outcome::incomplete;
    std::size_t size = 0;
    std::string story;

    bool operator==(const reading&) const = default;
};

reading read(http::message& into, std::string_view all, const std::vector<std::string_view>& pieces,
             bool answers_head = false) {
    http::parser parser{http::message_kind::response, head_bytes_max};
    parser.start(into, answers_head);
    reading told;
    std::size_t size = 0;
    for (const std::string_view piece : pieces) {
        size += piece.size();
        // A block of its own, for the sanitizer to see what is read beyond.
        const std::string given{all.substr(0, size)};
        told.found = parser.parse_head(given);
        told.size = parser.head_size();
        if (told.found == outcome::complete)
            told.story = fuzz::story_of(into, {});
        if (told.found != outcome::incomplete)
            break;
    }
    return told;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input from{data, size};
    const std::uint8_t seed = from.byte();
    const std::size_t at = from.byte() * 4U + from.byte() % 4U;
    const std::size_t count = from.byte();
    const std::string first{from.text_until('|')};
    std::string second = first;
    if (at <= second.size())
        second.replace(at, count, from.rest());

    http::head_form form;
    http::message known{form};
    http::message plain;
    for (int i = 0; i != 2; ++i)
        SPRY_ASSERT(read(known, first, fuzz::whole(first)) ==
                    read(plain, first, fuzz::whole(first)));
    // By then it is known, if it ever is; the third may bring another form.
    SPRY_ASSERT(read(known, second, fuzz::whole(second)) ==
                read(plain, second, fuzz::whole(second)));
    SPRY_ASSERT(read(known, second, fuzz::in_pieces(second, seed)) ==
                read(plain, second, fuzz::in_pieces(second, seed)));
    SPRY_ASSERT(read(known, first, fuzz::whole(first), true) ==
                read(plain, first, fuzz::whole(first), true));
    SPRY_ASSERT(read(known, first, fuzz::whole(first)) == read(plain, first, fuzz::whole(first)));
    return 0;
}
