// SPDX-License-Identifier: Apache-2.0
// The symbol table of a static 64-bit program, read from NAME.debug beside NAME or from NAME
// itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace bench {

/// The functions of a program and where they lie in its memory. Throws std::runtime_error with a
/// sentence where the program is position independent, has no symbols and no .debug file, or a
/// .debug file of another build.
std::map<std::string, std::uint64_t> function_addresses(const std::string& program);

} // namespace bench
