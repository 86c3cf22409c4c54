// SPDX-License-Identifier: Apache-2.0
// What was measured, for people and for programs.
#pragma once

#include "measuring.hpp"

#include <string>

namespace bench {

/// Ratios to the reference with their quartiles, and below the sizes; the reference in
/// microseconds.
void print_table(const results& all);

/// The same as one JSON object, with the series of every round. Throws std::runtime_error where the
/// file cannot be written.
void write_json(const results& all, const std::string& path);

} // namespace bench
