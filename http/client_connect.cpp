// SPDX-License-Identifier: Apache-2.0
// Connecting on the loop, see io/connect.cpp.
#include <spry/http/client.hpp>

#include <utility>

namespace spry::http {

task<result<>> client::connect(stop_token stop) {
    disconnect();
    result<io::socket> connected = co_await io::socket::connect(loop_, peer_, stop);
    if (!connected)
        co_return failure(connected.error());
    adopt(std::move(*connected));
    co_return result<>{};
}

} // namespace spry::http
