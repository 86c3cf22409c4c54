// SPDX-License-Identifier: Apache-2.0
// What JSON cannot be read into is said in our words, however deep it lies.
// expects: spry cannot read this type from JSON: describe a struct with SPRY_JSON
#include <spry/core/json.hpp>

#include <memory_resource>
#include <string_view>
#include <vector>

struct price {
    int amount = 0;
};
#ifndef SPRY_WRONG
SPRY_JSON(price, amount)
#endif

bool read(spry::json::reader& from, std::string_view text, std::pmr::memory_resource& arena) {
    return from.read<std::vector<price>>(text, arena).has_value();
}
