// SPDX-License-Identifier: Apache-2.0
// What a function leaves behind that has left its process group: daemons.
#pragma once

#include <vector>

namespace spry::emulator {

/// This process's children, as the kernel lists them; empty where it does not.
std::vector<int> list_children();

/// Kills and reaps all children but those in `except`, and the children these leave, until there
/// are none.
void end_orphans(const std::vector<int>& except);

} // namespace spry::emulator
