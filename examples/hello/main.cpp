// SPDX-License-Identifier: Apache-2.0
// hello: a name in, a greeting out, both as types of the function's own.
#include <spry/spry.hpp>

#include <string>
#include <string_view>

struct person {
    std::string_view name = "world"; // borrows from the event; kept where the event has no name
};
SPRY_JSON(person, name)

struct greeting {
    std::string hello;
};
SPRY_JSON(greeting, hello)

greeting greet(person someone) {
    return greeting{std::string{someone.name}};
}

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"greet", greet}});
}
