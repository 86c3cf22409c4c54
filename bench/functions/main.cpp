// SPDX-License-Identifier: Apache-2.0
// What the functions of bench/peers do, with spry: `echo` of the event's bytes, `sleep` for 5 ms
// and echo, `stream` as many bytes as the event says in writes of the size it says.
#include <spry/spry.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace {

spry::response echo(spry::event event) {
    return spry::response::json(event.bytes());
}

spry::task<spry::response> sleep(spry::event event, spry::context& context) {
    const spry::result<> slept = co_await context.loop().sleep_for(5ms);
    slept.value();
    co_return spry::response::json(event.bytes());
}

struct wanted {
    std::uint64_t bytes = 0;
    std::uint64_t write = 0;
};
SPRY_JSON(wanted, required(bytes), required(write))

spry::task<> pieces(spry::stream_writer& out, wanted how) {
    const std::string piece(static_cast<std::size_t>(how.write), 'x');
    for (std::uint64_t left = how.bytes; left != 0;) {
        const std::size_t size = std::min<std::uint64_t>(left, piece.size());
        const spry::result<> written = co_await out.write(std::string_view(piece).substr(0, size));
        if (!written)
            co_return;
        left -= size;
    }
}

spry::response stream(wanted how, spry::context& context) {
    return context.stream(pieces, how);
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"echo", echo}, {"sleep", sleep}, {"stream", stream}});
}
