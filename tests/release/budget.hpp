// SPDX-License-Identifier: Apache-2.0
// What the budget tests share: one counting tool run on one released function, its figures by name.
#pragma once

#include "program.hpp"

#include <limits>
#include <map>
#include <sstream>

namespace release {

/// Longer than a single-stepped hundred invocations take on a slow machine.
inline constexpr std::chrono::seconds counting_patience{110};

struct figures {
    std::map<std::string, double> values; ///< by the name that the tool prints
    std::string text;                     ///< all of it, for messages and for the log
    int exit_code = -1;

    bool ptrace_refused() const noexcept { return exit_code == 4; }
    /// NaN, which fails every comparison, where the tool has not printed it.
    double at(const std::string& name) const {
        const auto found = values.find(name);
        return found == values.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
    }
};

struct function_under_test {
    std::string program;    ///< a path
    strings variables = {}; ///< beside what Lambda sets; none: its default environment
    strings options = {};   ///< of the tool
    strings arguments = {};
};

/// Runs bench/tools/`tool` on a function and prints what it says.
inline figures count(const std::string& tool, const function_under_test& function) {
    strings command = joined({built("bench/tools/" + tool)}, function.options);
    command = joined(joined(command, {"--", function.program}), function.arguments);
    const finished ended =
        run_to_end(command, joined({"PATH=/usr/bin:/bin"}, function.variables), counting_patience);
    figures counted;
    counted.text = ended.text();
    counted.exit_code = ended.exit_code;
    if (counted.ptrace_refused())
        return counted;
    EXPECT_EQ(ended.exit_code, 0) << counted.text;
    std::printf("%s %s:\n%s", tool.c_str(), function.program.c_str(), ended.out.c_str());
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = line.rfind(' ');
        if (space != std::string::npos)
            counted.values[line.substr(0, space)] = std::atof(line.c_str() + space + 1);
    }
    return counted;
}

} // namespace release

/// Ends a test where this machine lets nobody trace.
#define SPRY_SKIP_WITHOUT_PTRACE(figures)                                                          \
    if ((figures).ptrace_refused())                                                                \
    GTEST_SKIP() << "this machine refuses ptrace: " << (figures).text
