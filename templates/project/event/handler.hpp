#pragma once

#include <spry/spry.hpp>

#include <string>
#include <string_view>

struct person {
    std::string_view name = "world"; // a view into the event; kept where the event has no name
};
SPRY_JSON(person, name)

struct greeting {
    std::string hello;
};
SPRY_JSON(greeting, hello)

greeting handle(person someone, spry::context& context);
