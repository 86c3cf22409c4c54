// SPDX-License-Identifier: Apache-2.0
// stream: answers piece by piece, each sent when it is there: text that is yielded, and an HTTP
// answer for a function URL that is written.
#include <spry/spry.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

struct order {
    int from = 10;
};
SPRY_JSON(order, from)

// A producer keeps what it takes by value, and runs when its handler has returned the response.
spry::byte_generator count_down(int from, spry::context* context) {
    using namespace std::chrono_literals;
    for (int left = from; left > 0; --left) {
        co_yield std::to_string(left) + "\n";
        const spry::result<> slept = co_await context->loop().sleep_for(100ms, context->stop());
        if (!slept)
            co_return; // the deadline is near, or nobody listens any more
    }
    co_yield "lift-off\n";
}

spry::response countdown(order given, spry::context& context) {
    if (given.from > 1000)
        throw std::invalid_argument{"that takes too long"};
    return context.stream("text/plain; charset=utf-8", count_down, given.from, &context);
}

// What fails behind the first byte is told to Lambda behind the last one.
spry::task<> write_page(spry::stream_writer& out, spry::event event) {
    std::string_view text = event.text();
    (void)co_await out.write("<!doctype html><title>Echo</title><pre>");
    while (!text.empty()) {
        const std::size_t special = std::min(text.find_first_of("&<"), text.size());
        (void)co_await out.write(text.substr(0, special)); // nothing, where that is empty
        text.remove_prefix(special);
        if (text.empty())
            break;
        const std::string_view escaped = text.front() == '&' ? "&amp;" : "&lt;";
        const spry::result<> written = co_await out.write(escaped);
        if (!written)
            co_return; // nobody takes the rest: it need not be produced
        text.remove_prefix(1);
    }
    (void)co_await out.write("</pre>");
}

spry::response page(spry::event event, spry::context& context) {
    return context.stream(
        spry::http_prelude{.status = 200, .headers = {{"content-type", "text/html"}}}, write_page,
        event);
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"countdown", countdown}, {"page", page}});
}
