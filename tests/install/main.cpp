// SPDX-License-Identifier: Apache-2.0
// What a user writes: one typed handler.
#include <spry/spry.hpp>

#include <string>
#include <string_view>

struct order {
    std::string_view item = "tea";
    int count = 1;
};
SPRY_JSON(order, item, count)

struct receipt {
    std::string text;
};
SPRY_JSON(receipt, text)

receipt take(order wanted) {
    return receipt{std::to_string(wanted.count) + " x " + std::string{wanted.item}};
}

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"take", take}});
}
