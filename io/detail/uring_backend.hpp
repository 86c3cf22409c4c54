// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spry/core/result.hpp>
#include <spry/io/detail/backend.hpp>

#include <memory>

namespace spry::io::detail {

/// Which kernels a ring is taken from.
enum class ring_requirement : bool {
    any,      ///< whatever set-up the kernel accepts
    deferred, ///< only with DEFER_TASKRUN (6.1), below which a ring is slower than what it replaces
};

/// A ring that has proved itself with one real submission, or the errno of what the kernel refused:
/// EPERM and ENOSYS where io_uring is forbidden or absent. Used on the thread that made it. So many
/// operations, within reason, are submitted in one call; more take further calls.
result<std::unique_ptr<backend>> make_uring_backend(ring_requirement requirement,
                                                    unsigned operations_at_once);

} // namespace spry::io::detail
