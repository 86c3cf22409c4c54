#include "check.hpp"
#include "handler.hpp"

#include <spry/testing.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

int main() {
    spry::testing::tested_function tested{handle};

    // Two seconds, in no time.
    const spry::testing::outcome done = tested.invoke(R"({"from":2})");
    check(done.chunks.size() == 3 && done.body == "2\n1\ngo\n", "three lines", done.body);
    check(done.took == 2s, "two seconds", std::to_string(done.took / 1ms) + " ms");

    spry::testing::call short_one;
    short_one.timeout = 1500ms;
    const spry::testing::outcome stopped = tested.invoke(R"({"from":100})", short_one);
    check(!stopped.timed_out && stopped.body == "100\n99\n", "an end before the deadline",
          stopped.body);
}
