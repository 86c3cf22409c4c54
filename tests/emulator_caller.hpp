// SPDX-License-Identifier: Apache-2.0
// A caller of the emulator that says and hears bytes, for tests of what no client does.
#pragma once

#include "emulator_session.hpp"

#include <spry/http/client.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace spry_test {

/// A caller that speaks its own HTTP.
struct caller {
    explicit caller(session* in) : client(*in->loop, in->emulator->local_address()) {}
    spry::http::client client;
    std::string heard;      ///< all that came back
    std::size_t sent = 0;   ///< bytes
    bool has_ended = false; ///< the emulator has closed
};

inline task<> say(caller* who, std::string text) {
    if (!who->client.is_connected()) {
        const spry::result<> connected = co_await who->client.connect();
        if (!connected)
            co_return;
    }
    const spry::result<std::size_t> sent =
        co_await who->client.wire().send(std::as_bytes(std::span{text}));
    who->sent += sent.value_or(0);
}

/// Reads until `what` has come, or to the end.
inline task<> hear(caller* who, std::string what) {
    std::array<std::byte, 4096> part;
    while (what.empty() || who->heard.find(what) == who->heard.npos) {
        const spry::result<std::size_t> got = co_await who->client.wire().stream().recv(part);
        if (!got || *got == 0) {
            who->has_ended = true;
            co_return;
        }
        who->heard.append(reinterpret_cast<const char*>(part.data()), *got);
    }
}

} // namespace spry_test
