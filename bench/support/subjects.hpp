// SPDX-License-Identifier: Apache-2.0
// The functions that a benchmark compares, as they are named on its command line, and what is said
// of a series of measurements.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bench {

struct subject {
    std::string name;
    std::vector<std::string> environment;
    std::vector<std::string> command;
    bool optional = false; ///< left out, with a word on stderr, where it does not start here
};

/// Of "NAME=COMMAND", or "NAME?=COMMAND" for an optional one. COMMAND is split at spaces; words
/// like VARIABLE=VALUE in front of the program are set for it. Throws std::runtime_error where it
/// is none.
subject subject_of(const std::string& text);

/// Measures each subject once, in each round another one first, since it matters who came before.
/// What one throws is thrown on with its name, but for an optional one in the first round: that is
/// left out of `subjects`, with a word on stderr in the name of `program`.
void take_turns(std::vector<subject>& subjects, unsigned round, const char* program,
                const std::function<void(const subject&)>& measure);

/// The words of a subject's command line, its variables first.
std::string command_line(const subject& what);

/// The parts of a text between separators; empty ones are left out.
std::vector<std::string> split(const std::string& text, char at);

/// A number of an option's value; throws std::runtime_error where it is none.
unsigned number_of(const std::string& text, const std::string& option);

/// A file's; throws std::runtime_error where it cannot be read or is empty.
std::string contents(const std::string& path);

/// One value for each round.
using series = std::vector<double>;

/// A value below which this share of a series lies; of none, 0.
double quantile(series values, double share);

/// One series divided by another, round by round.
series ratios(const series& mine, const series& reference);

/// As a JSON string. Names and commands come from a command line; nothing else needs escaping.
std::string quoted(const std::string& text);

} // namespace bench
