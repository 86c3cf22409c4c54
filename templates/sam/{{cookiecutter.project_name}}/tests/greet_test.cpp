#include "../greet.hpp"

#include <cstdio>

int main() {
    const bool greets_by_name = greet({"tea"}).hello == "tea";
    const bool greets_the_world = greet({}).hello == "world";
    if (!greets_by_name || !greets_the_world)
        std::puts("greet does not say hello to whom it should");
    return greets_by_name && greets_the_world ? 0 : 1;
}
