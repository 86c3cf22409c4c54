// SPDX-License-Identifier: Apache-2.0
// A function that fails in the way its event names: {"how": "throw"}. {"how": "answer"} works, and
// says which process has answered, so that a test can tell a fresh one.
#include <spry/spry.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

namespace {

namespace shop {
struct out_of_stock : std::runtime_error {
    using std::runtime_error::runtime_error;
};
} // namespace shop

struct request {
    std::string_view how = "answer";
    int count = 1;
};
SPRY_JSON(request, required(how), count)

struct reply {
    int process = 0;
};
SPRY_JSON(reply, process)

// Never suspends and never looks at its deadline. The reads keep the loop from being optimised
// away.
[[noreturn]] void spin() {
    for (volatile unsigned long turns = 0;; turns = turns + 1) {
    }
}

[[gnu::noinline]] int read_through(const volatile int* pointer) {
    return *pointer;
}

// Until the stack is used up: no call is the last thing that it does.
[[gnu::noinline]] int recurse(volatile int* depth) {
    volatile int here[256] = {};
    here[0] = *depth + 1;
    return here[0] == 0 ? 0 : recurse(here) + here[0];
}

[[gnu::noinline]] void rethrow_as_a_consequence() {
    try {
        throw shop::out_of_stock{"only 3 left of \"tea\""};
    } catch (...) {
        std::throw_with_nested(std::runtime_error{"the order cannot be taken"});
    }
}

[[gnu::noinline]] void throw_it() {
    throw shop::out_of_stock{"only 3 left of \"tea\""};
}

[[gnu::noinline]] void break_a_promise() noexcept {
    throw_it();
}

spry::task<reply> misbehave(request given, spry::context& context) {
    const std::string_view how = given.how;
    if (how == "throw")
        throw shop::out_of_stock{"only 3 left of \"tea\""};
    if (how == "throw_int")
        throw 42;
    if (how == "throw_text")
        throw "a plain text";
    if (how == "throw_nested")
        rethrow_as_a_consequence();
    if (how == "fail")
        throw spry::failure("Order.NotFound", "there is no order 7");
    if (how == "segv")
        co_return reply{read_through(reinterpret_cast<const volatile int*>(16))};
    if (how == "overflow") {
        volatile int depth = 0;
        co_return reply{recurse(&depth)};
    }
    if (how == "break_a_promise")
        break_a_promise();
    if (how == "exit_0")
        std::exit(0);
    if (how == "exit_3")
        std::exit(3);
    if (how == "abort")
        std::abort();
    if (how == "terminate")
        std::terminate();
    if (how == "spin")
        spin();
    if (how == "sleep") // for ever, deaf to the stop that comes before the deadline
        (void)co_await context.loop().sleep_for(std::chrono::hours{1});
    co_return reply{::getpid()};
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"misbehave", misbehave}});
}
