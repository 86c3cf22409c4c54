// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spry/io/detail/backend.hpp>

#include <memory>

namespace spry::io::detail {

/// Blocks in the call itself while exactly one operation is pending, and leaves more than one to
/// epoll.
std::unique_ptr<backend> make_direct_backend();

/// As the direct backend, until a ring is useful: when a second operation is wanted at the same
/// time, or once the first answer and the call for the next event have gone out. Then all goes
/// through the ring, if the kernel gives a good one; if not, nothing changes. The ring takes so
/// many operations in one call, 1 at least.
std::unique_ptr<backend> make_automatic_backend(unsigned operations_at_once);

} // namespace spry::io::detail
