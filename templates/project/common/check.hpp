// check: the least that a test needs. Any test framework does as well.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

inline void check(bool holds, std::string_view what, std::string_view got) {
    if (holds)
        return;
    std::cerr << "expected: " << what << "\ngot: " << got << '\n';
    std::exit(1);
}
