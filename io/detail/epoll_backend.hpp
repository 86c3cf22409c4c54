// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spry/io/detail/backend.hpp>

#include <memory>

namespace spry::io::detail {

std::unique_ptr<backend> make_epoll_backend();

} // namespace spry::io::detail
