// SPDX-License-Identifier: Apache-2.0
// An operation that nobody awaits is never submitted.
// expects: ignoring return.*(nodiscard|awaiter)|unused
#include <spry/core/result.hpp>
#include <spry/core/task.hpp>
#include <spry/io/socket.hpp>

#include <cstddef>
#include <span>

spry::task<> greet(spry::io::socket* to, std::span<const std::byte> bytes) {
#ifdef SPRY_WRONG
    to->send(bytes);
    co_return;
#else
    const spry::result<std::size_t> sent = co_await to->send(bytes);
    (void)sent.has_value();
#endif
}
