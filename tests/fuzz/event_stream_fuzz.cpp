// SPDX-License-Identifier: Apache-2.0
// What a function streams, in pieces of any size and with an end of any kind: a reader of the event
// stream finds the same bytes, and JSON behind them. And a stream of anybody's making is read, or
// refused.
#include "../event_stream_reader.hpp"
#include "support/input.hpp"

#include <spry/core/assert.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/emulator/event_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace spry::emulator;

void pass_on(std::string_view response, const std::vector<std::string_view>& pieces,
             std::string_view code, std::string_view details) {
    payload_chunk chunk{response.size()};
    std::string stream;
    for (const std::string_view piece : pieces) {
        std::copy(piece.begin(), piece.end(), reinterpret_cast<char*>(chunk.room().data()));
        const std::span<const std::byte> message = chunk.seal(piece.size());
        stream.append(reinterpret_cast<const char*>(message.data()), message.size());
    }
    const std::string end = complete_details(code, details, {});
    SPRY_ASSERT(!spry::json::find_syntax_error(end));
    stream += invoke_complete(end);

    const auto read = spry_test::read_event_stream(stream);
    SPRY_ASSERT(read.has_value());
    std::string payload;
    for (std::size_t i = 0; i + 1 != read->size(); ++i)
        payload += (*read)[i].payload;
    SPRY_ASSERT(payload == response);
    SPRY_ASSERT(read->back().payload == end);
}

} // namespace

// How to cut, CODE|DETAILS|BYTES; and all of it as a stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    spry::fuzz::input from{data, size};
    (void)spry_test::read_event_stream(from.rest());
    const std::uint8_t seed = from.byte();
    const std::string_view code = from.text_until('|');
    const std::string_view details = from.text_until('|');
    pass_on(from.rest(), spry::fuzz::in_pieces(from.rest(), seed), code, details);
    return 0;
}
