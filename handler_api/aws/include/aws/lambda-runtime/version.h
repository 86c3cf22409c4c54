// SPDX-License-Identifier: Apache-2.0
// The library's version, which is spry's.
#pragma once

namespace aws {
namespace lambda_runtime {

unsigned get_version_major();
unsigned get_version_minor();
unsigned get_version_patch();

/// "Major.Minor.Patch", static.
const char* get_version();

} // namespace lambda_runtime
} // namespace aws
