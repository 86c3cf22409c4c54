// SPDX-License-Identifier: Apache-2.0
// Two functions in one image. Its CMD, or the function's setting in its place, says which one it
// is:
//
//     greet    {"name": "tea"}             ->  {"text":"hello, tea"}
//     total    {"prices": [1.5, 2.25]}     ->  {"total":3.75}
#include <spry/spry.hpp>

#include <cstdlib>
#include <memory_resource>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

struct guest {
    std::string_view name = "world";
};
SPRY_JSON(guest, name)

struct greeting {
    std::string text;
};
SPRY_JSON(greeting, text)

// The image's ENV has the word; a variable of the function's configuration takes its place.
greeting greet(guest someone) {
    const char* word = std::getenv("GREETING");
    return greeting{std::string{word ? word : "welcome"} + ", " + std::string{someone.name}};
}

struct basket {
    std::pmr::vector<double> prices;
};
SPRY_JSON(basket, required(prices))

struct bill {
    double total = 0;
};
SPRY_JSON(bill, total)

bill total(basket given) {
    return bill{std::accumulate(given.prices.begin(), given.prices.end(), 0.0)};
}

int main(int argc, char** argv) {
    return spry::run(argc, argv, {{"greet", greet}, {"total", total}});
}
