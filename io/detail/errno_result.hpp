// SPDX-License-Identifier: Apache-2.0
// The one way from errno to a result.
#pragma once

#include <spry/core/result.hpp>

#include <cerrno>
#include <system_error>

namespace spry::io::detail {

/// The failure of a call that hands its errno back; not 0.
inline unexpected_error errno_failure(int error) noexcept {
    return failure(std::error_code{error, std::system_category()});
}
/// The failure that the last system call left in errno. Asked for before anything else is called.
inline unexpected_error errno_failure() noexcept {
    return errno_failure(errno);
}

} // namespace spry::io::detail
