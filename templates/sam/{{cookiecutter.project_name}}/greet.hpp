// The handler, by itself, so that tests can call it.
#pragma once

#include <spry/spry.hpp>
#include <string>
#include <string_view>

struct person {
    std::string_view name = "world"; // valid until the invocation ends
};
SPRY_JSON(person, name)

struct greeting {
    std::string hello;
};
SPRY_JSON(greeting, hello)

inline greeting greet(person someone) {
    return greeting{std::string{someone.name}};
}
