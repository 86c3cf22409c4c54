// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spry/io/detail/backend.hpp>

#include <memory>

namespace spry::io::detail {

/// `block_in_call`: the direct path, which blocks in the call itself while exactly one operation is
/// pending.
std::unique_ptr<backend> make_epoll_backend(bool block_in_call);

} // namespace spry::io::detail
