// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: what is chunked comes out as it went in, closed up in place, however it is cut;
// and whatever is no chunked body is refused alike however it is cut.
#include "support/input.hpp"

#include <spry/core/assert.hpp>
#include <spry/http/parser.hpp>

#include <charconv>
#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace spry;
using fuzz::input;
using outcome = http::parser::outcome;

constexpr std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::size_t framing_bytes_max = 64 * 1024; // more than any input has

struct decoded {
    outcome found = outcome::incomplete;
    std::size_t consumed = 0;
    std::string body;
    std::string trailers;

    bool operator==(const decoded&) const = default;
};

// As a connection does it: each piece is received close behind the body so far, into memory that
// ends behind it, and the body stays at the front.
decoded decode(const std::vector<std::string_view>& pieces) {
    http::parser parser{http::message_kind::response, framing_bytes_max};
    http::message read;
    parser.start(read);
    SPRY_ASSERT(parser.parse_head(head) == outcome::complete);

    decoded all;
    for (const std::string_view piece : pieces) {
        const std::size_t before = all.body.size();
        const auto memory = std::make_unique<char[]>(before + piece.size());
        std::memcpy(memory.get(), all.body.data(), before);
        char* raw = memory.get() + before;
        std::memcpy(raw, piece.data(), piece.size());
        const http::parser::chunk_progress progress = parser.parse_chunks(raw, raw, piece.size());
        SPRY_ASSERT(progress.consumed <= piece.size());
        SPRY_ASSERT(progress.body_bytes <= progress.consumed);
        SPRY_ASSERT(std::string_view(memory.get(), before) == all.body);
        all.found = progress.found;
        all.consumed += progress.consumed;
        all.body.append(raw, progress.body_bytes);
        if (progress.found != outcome::incomplete)
            break;
    }
    if (all.found == outcome::complete) {
        for (std::size_t i = 0; i != read.trailer_count(); ++i) {
            const http::field line = read.trailer_at(i);
            all.trailers += std::string{line.name} + ":" + std::string{line.value} + "\n";
        }
    } else if (all.found != outcome::incomplete) {
        all.consumed = 0; // where in a piece the error was noticed is of no interest, nor what was
        all.body.clear(); // decoded before it: a connection that fails gives out neither
    }
    return all;
}

void decode_in_every_way(std::string_view raw, std::uint8_t seed, const decoded& expected) {
    SPRY_ASSERT(decode(fuzz::in_pieces(raw, seed)) == expected);
    SPRY_ASSERT(decode(fuzz::byte_by_byte(raw)) == expected);
}

// Chunks the text in the sizes that the seed gives.
std::string encode(std::string_view text, std::uint8_t seed, std::string_view extension) {
    std::string raw;
    for (const std::string_view piece : fuzz::in_pieces(text, seed)) {
        char digits[16];
        raw.append(digits, std::to_chars(digits, digits + 16, piece.size(), 16).ptr);
        raw.append(extension).append("\r\n").append(piece).append("\r\n");
    }
    return raw + "0\r\nDigest: abc\r\n\r\n";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input from{data, size};
    const std::uint8_t seed = from.byte();
    const std::string_view text = from.rest();

    decode_in_every_way(text, seed, decode(fuzz::whole(text)));

    const std::string raw = encode(text, seed, (seed & 1) != 0 ? ";name=value" : "");
    const decoded back = decode(fuzz::whole(raw + "next"));
    SPRY_ASSERT(back.found == outcome::complete);
    SPRY_ASSERT(back.body == text);
    SPRY_ASSERT(back.consumed == raw.size());
    SPRY_ASSERT(back.trailers == "Digest:abc\n");
    decode_in_every_way(raw + "next", seed, back);
    return 0;
}
