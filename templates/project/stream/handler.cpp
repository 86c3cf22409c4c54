#include "handler.hpp"

#include <chrono>
#include <string>

namespace {

// Sends each line when there is something to say, and ends before the deadline.
spry::task<> count_down(spry::stream_writer& out, spry::context& context, int from) {
    for (int left = from; left > 0; --left) {
        const std::string line = std::to_string(left) + "\n";
        const spry::result<> sent = co_await out.write(line);
        if (!sent)
            co_return; // nobody reads any more
        const spry::result<> slept =
            co_await context.loop().sleep_for(std::chrono::seconds{1}, context.stop());
        if (!slept)
            co_return;
    }
    (void)co_await out.write("go\n");
}

} // namespace

spry::response handle(countdown wanted, spry::context& context) {
    return context.stream("text/plain; charset=utf-8", count_down, context, wanted.from);
}
