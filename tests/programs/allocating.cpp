// SPDX-License-Identifier: Apache-2.0
// A function that allocates as small functions do, a thousand times an event, and answers how often
// the start-up pool and mimalloc have served it. With ALLOCATING=large, once more than the pool can
// hold.
#include <spry/spry.hpp>

#include <spry/core/memory.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct served {
    std::int64_t pool = 0;
    std::int64_t fallback = 0;
    std::int64_t used = 0; ///< keeps what was allocated from being optimised away
};
SPRY_JSON(served, pool, fallback, used)

// Strings, a growing vector, a map, one buffer.
std::size_t small_invocation(unsigned number) {
    std::string name(20 + number % 50, 'n');
    std::vector<std::string> words;
    for (unsigned i = 0; i != 3 + number % 5; ++i)
        words.push_back(name + std::to_string(i));
    std::map<int, std::string> table;
    table.emplace(1, words.back());
    auto buffer = std::make_unique<char[]>(200 + number % 1000);
    return words.size() + table.size() + static_cast<std::size_t>(buffer[100]);
}

served allocate(spry::event) {
    std::size_t used = 0;
    for (unsigned number = 0; number != 1000; ++number)
        used += small_invocation(number);
    const char* const variable = std::getenv("ALLOCATING");
    if (variable != nullptr && std::string_view(variable) == "large")
        operator delete(operator new(100'000)); // called by name, hence not optimised away
    const spry::allocation_counts counted = spry::allocations();
    return {static_cast<std::int64_t>(counted.pool), static_cast<std::int64_t>(counted.fallback),
            static_cast<std::int64_t>(used)};
}

} // namespace

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"allocate", allocate}});
}
