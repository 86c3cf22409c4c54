// SPDX-License-Identifier: Apache-2.0
// program_image: which program this is and where it lies in memory, for reports that name addresses
// of it. Async-signal-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace spry::io {

/// The address that the program's file has for what lies at `address` here: the same in a program
/// that is not position independent, and for what is not the program's (a shared library's).
std::uintptr_t link_address(const void* address) noexcept;

/// The link editor's build id (NT_GNU_BUILD_ID), usually 20 bytes; empty where there is none.
std::span<const std::byte> build_id() noexcept;

} // namespace spry::io
