// SPDX-License-Identifier: Apache-2.0
// Streams "first", waits until somebody opens the FIFO that the event names, and streams "second".
#include <spry/spry.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr std::string_view first = "first";
constexpr std::string_view second = "second";

spry::task<> write_pieces(spry::stream_writer& out, std::string gate) {
    const spry::result<> written = co_await out.write(std::as_bytes(std::span{first}));
    if (!written)
        co_return;
    ::close(::open(gate.c_str(), O_RDONLY | O_CLOEXEC)); // blocks until there is a writer
    (void)co_await out.write(std::as_bytes(std::span{second}));
}

spry::response answer(std::string gate, spry::context& context) {
    return context.stream([gate](spry::stream_writer& out) { return write_pieces(out, gate); });
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"gated", answer}});
}
