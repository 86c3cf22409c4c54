// SPDX-License-Identifier: Apache-2.0
// A function that fails in the way its event names: {"how": "throw"}. {"how": "answer"} works, and
// says which process has answered, so that a test can tell a fresh one.
#include <spry/spry.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/mman.h>
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

// The tests look for the line of each "here: ..." in what is left of a crash. No call is the last
// thing that its function does, which would take the function off the stack.
[[gnu::noinline]] int read_through(const volatile int* pointer) {
    return *pointer + 1; // here: segv
}

// In which of them the stack ends is chance.
[[gnu::noinline]] int recurse(volatile int* depth) {   // here: overflow
    volatile int here[256] = {};                       // here: overflow
    here[0] = *depth + 1;                              // here: overflow
    return here[0] == 0 ? 0 : recurse(here) + here[0]; // here: overflow
}

[[gnu::noinline]] int call_nothing() {
    int (*volatile nothing)() = nullptr;
    return nothing() + 1; // here: null_call
}

// A file that is shorter than its mapping.
[[gnu::noinline]] int read_beyond() {
    const int file = ::memfd_create("empty", 0);
    const auto* const memory =
        static_cast<const volatile int*>(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
    return *memory + 1; // here: bus
}

[[gnu::noinline]] int divide(volatile int* by) {
    return 100 / *by + 1; // here: fpe
}

[[gnu::noinline]] void trap() {
    __builtin_trap(); // here: ill
}

volatile int calls = 0;

[[gnu::noinline]] void give_up() {
    calls = calls + 1;
    std::abort(); // here: abort
}

// What has been freed and used again looks like this.
struct broken : std::exception {
    const char* what() const noexcept override {
        return reinterpret_cast<const char*>(read_through(reinterpret_cast<const int*>(16)));
    }
};

[[gnu::noinline]] void allocate_too_much() noexcept {
    volatile std::size_t size = std::size_t{1} << 62;
    char* volatile memory = new char[size]; // here: allocate
    calls = calls + memory[0];
}

[[gnu::noinline]] void rethrow_as_a_consequence() {
    try {
        throw shop::out_of_stock{"only 3 left of \"tea\""};
    } catch (...) {
        std::throw_with_nested(std::runtime_error{"the order cannot be taken"});
    }
}

[[gnu::noinline]] void throw_it() {
    calls = calls + 1;
    throw shop::out_of_stock{"only 3 left of \"tea\""}; // here: throw
}

template <class Thrown>
[[gnu::noinline]] void throw_that(Thrown thrown) {
    throw thrown; // here: throw_that
}

template <class Thrown>
void break_a_promise(Thrown thrown) noexcept {
    throw_that(thrown);
}

[[gnu::noinline]] void break_a_promise() noexcept {
    throw_it();
    calls = calls + 1;
}

spry::task<reply> misbehave(request given, spry::context& context) {
    const std::string_view how = given.how;
    volatile int zero = 0;
    if (how == "throw")
        throw_it();
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
    if (how == "overflow_on_another_thread" && ::gettid() != ::getpid()) {
        volatile int depth = 0;
        co_return reply{recurse(&depth)};
    }
    if (how == "null_call")
        co_return reply{call_nothing()};
    if (how == "bus")
        co_return reply{read_beyond()};
    if (how == "fpe")
        co_return reply{divide(&zero)};
    if (how == "ill")
        trap();
    if (how == "break_a_promise")
        break_a_promise();
    if (how == "break_a_promise_with_text")
        break_a_promise(std::string{"two\nlines \x1b \xff"});
    if (how == "break_a_promise_with_broken")
        break_a_promise(broken{});
    if (how == "break_a_promise_of_memory")
        allocate_too_much();
    if (how == "throw_bad_alloc")
        throw std::bad_alloc{};
    if (how == "exit_0")
        std::exit(0);
    if (how == "exit_3")
        std::exit(3);
    if (how == "abort")
        give_up();
    if (how == "terminate")
        std::terminate(); // here: terminate
    if (how == "spin")
        spin();
    if (how == "sleep") // for ever, deaf to the stop that comes before the deadline
        (void)co_await context.loop().sleep_for(std::chrono::hours{1});
    co_return reply{::getpid()};
}

} // namespace

int main(int argc, char** argv) {
    // The report on a handler that sleeps is written long before its process is killed.
    return spry::run(argc, argv, {{"misbehave", misbehave}},
                     {.stop_margin = std::chrono::milliseconds{400}, .threads = 2});
}
