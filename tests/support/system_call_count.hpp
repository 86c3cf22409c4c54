// SPDX-License-Identifier: Apache-2.0
// Counts the system calls of a function, by running it in a forked process under ptrace(2).
#pragma once

#include <functional>
#include <optional>

namespace spry::tests {

/// All system calls from the first statement of `body` to its return, plus a constant; compare two
/// runs. None where the process could not be traced or did not return normally.
std::optional<long> count_system_calls(const std::function<void()>& body);

} // namespace spry::tests
