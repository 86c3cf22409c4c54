// SPDX-License-Identifier: Apache-2.0
// A function that prints with stdio and never flushes, as users do.
#include <spry/spry.hpp>

#include <cstdio>

namespace {

spry::response print(spry::event event) {
    std::printf("printed for %zu bytes", event.bytes().size());
    return spry::response::json("{}");
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"print", print}});
}
