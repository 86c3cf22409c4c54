// SPDX-License-Identifier: Apache-2.0
// Handlers that answer nobody before so many invocations are in them at once: on one thread, where
// each waits for the last one, and on several (THREADS), where each blocks its own.
#include <spry/io/async_event.hpp>
#include <spry/spry.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace {

struct guest {
    std::string_view name;
    int of = 2; // so many come, and others later
};
SPRY_JSON(guest, required(name), of)

struct greeting {
    std::string name;
    int process = 0;
    int of = 0;
};
SPRY_JSON(greeting, name, process, of)

int arrived = 0;
std::unique_ptr<spry::io::async_event> all_are_here;

spry::task<greeting> meet(guest who, spry::context& context) {
    if (!all_are_here)
        all_are_here = std::make_unique<spry::io::async_event>(context.loop());
    if (++arrived == who.of)
        all_are_here->set();
    const spry::result<> met = co_await all_are_here->wait(context.stop());
    if (!met)
        throw std::runtime_error{"nobody else came in time"};
    greeting hello;
    hello.name = who.name;
    hello.process = ::getpid();
    hello.of = who.of;
    co_return hello;
}

std::atomic<int> on_threads{0};

greeting meet_on_threads(guest who) {
    int seen = ++on_threads;
    on_threads.notify_all();
    for (; seen < who.of; seen = on_threads)
        on_threads.wait(seen);
    return {std::string{who.name}, ::getpid(), who.of};
}

} // namespace

int main(int argc, char** argv) {
    const char* const threads = std::getenv("THREADS");
    return spry::run(
        argc, argv, {{"meet", meet}, {"meet_on_threads", meet_on_threads}},
        {.threads = threads == nullptr ? 1U : static_cast<unsigned>(std::atoi(threads))});
}
