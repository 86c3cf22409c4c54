#pragma once

#include <spry/spry.hpp>

struct countdown {
    int from = 3;
};
SPRY_JSON(countdown, from)

spry::response handle(countdown wanted, spry::context& context);
