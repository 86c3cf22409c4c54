// SPDX-License-Identifier: Apache-2.0
// What ./dev symbolize makes of a report.
#pragma once

#include "program.hpp"

namespace release {

/// Of the program `misbehaving`.
inline std::string symbolized(const std::string& report) {
    const memory_file file;
    EXPECT_EQ(::write(file.get(), report.data(), report.size()),
              static_cast<ssize_t>(report.size()));
    const std::string path =
        "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get());
    const finished ended =
        run_to_end({SPRY_SOURCE_DIR "/dev", "symbolize", test_program("misbehaving"), path},
                   inherited_environment());
    EXPECT_EQ(ended.exit_code, 0) << ended.text();
    return ended.out;
}

} // namespace release
