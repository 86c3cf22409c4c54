// SPDX-License-Identifier: Apache-2.0
// One line for a person, on standard error.
#pragma once

#include <initializer_list>
#include <string_view>

namespace spry::io {

/// Writes "spry: ", the parts and a line break, in one system call as far as the kernel takes them.
/// For what the process has to say when it cannot go on, or once at its start: no stdio, no
/// allocation.
void write_error_line(std::initializer_list<std::string_view> parts) noexcept;

} // namespace spry::io
