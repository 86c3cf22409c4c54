// SPDX-License-Identifier: Apache-2.0
// Streams PIECES pieces of PIECE_BYTES bytes for each event: written, or yielded where YIELDS is
// set. Then fails with a message of FAILS bytes, where that is set.
#include <spry/spry.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>

namespace {

std::size_t number_from(const char* variable, std::size_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

const std::size_t pieces = number_from("PIECES", 10);
const std::size_t piece_bytes = number_from("PIECE_BYTES", 100);
const bool yields = std::getenv("YIELDS") != nullptr;
const std::size_t message_bytes = number_from("FAILS", 0);

constinit std::array<std::byte, 1024 * 1024> memory{};

std::span<const std::byte> piece() {
    return std::span{memory}.first(piece_bytes);
}

void fail() {
    if (message_bytes != 0)
        throw std::runtime_error{std::string(message_bytes, 'm')};
}

spry::task<> write_pieces(spry::stream_writer& out) {
    for (std::size_t i = 0; i < pieces; ++i) {
        const spry::result<> written = co_await out.write(piece());
        if (!written)
            co_return;
    }
    fail();
}

spry::byte_generator yield_pieces() {
    for (std::size_t i = 0; i < pieces; ++i)
        co_yield piece();
    fail();
}

spry::response answer(spry::event, spry::context& context) {
    if (piece_bytes > memory.size())
        throw std::length_error{"PIECE_BYTES is larger than a piece can be"};
    return yields ? context.stream(yield_pieces) : context.stream(write_pieces);
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"stream", answer}});
}
