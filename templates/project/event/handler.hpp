#pragma once

#include <spry/spry.hpp>

#include <string>
#include <string_view>

struct person {
    // What is read is valid until the invocation ends. Where the event has no name this one stays.
    std::string_view name = "world";
};
SPRY_JSON(person, name)

struct greeting {
    std::string hello;
};
SPRY_JSON(greeting, hello)

greeting handle(person someone, spry::context& context);
