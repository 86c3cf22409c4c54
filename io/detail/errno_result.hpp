// SPDX-License-Identifier: Apache-2.0
// The one way from errno to a result.
#pragma once

#include <spry/core/result.hpp>

#include <cerrno>
#include <system_error>

namespace spry::io::detail {

/// The failure that the last system call left in errno. Asked for before anything else is called.
inline unexpected_error errno_failure() noexcept {
    return failure(std::error_code{errno, std::system_category()});
}

} // namespace spry::io::detail
