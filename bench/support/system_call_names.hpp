// SPDX-License-Identifier: Apache-2.0
// Names of x86-64's system calls, for people and for the command line.
#pragma once

#include <string>
#include <string_view>

namespace bench {

/// The name of a system call that runtimes make; other calls appear by number.
std::string call_name(long number);

/// The number of a call given by such a name or by number; -1 for neither.
long call_number(std::string_view name_or_number);

} // namespace bench
