// SPDX-License-Identifier: Apache-2.0
// network: which loop the tests of http run on. Each is run on the kernel's loopback and, with
// SPRY_TEST_NETWORK set, on a scripted network that does whatever TCP may do to a stream.
#pragma once

#include <spry/io/event_loop.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace spry::tests {

/// SPRY_SEED, to run a seed again that has failed, or `otherwise`.
inline std::uint64_t seed_or(std::uint64_t otherwise) {
    const char* const seed = std::getenv("SPRY_SEED");
    return seed == nullptr ? otherwise : std::strtoull(seed, nullptr, 10);
}

/// A network that is slow and cuts everything into pieces, but loses no connection.
inline io::testing::faults patience_test() {
    io::testing::faults faults;
    faults.short_receives = 300;
    faults.short_sends = 300;
    faults.again = 300;
    faults.reordered = 300;
    return faults;
}

inline std::unique_ptr<io::event_loop> make_loop() {
    const char* const network = std::getenv("SPRY_TEST_NETWORK");
    const std::string_view wanted = network == nullptr ? std::string_view{} : network;
    if (wanted == "quiet")
        return io::testing::make_scripted_loop({.seed = seed_or(1)});
    if (wanted == "slow")
        return io::testing::make_scripted_loop({.seed = seed_or(1), .faults = patience_test()});
    return io::event_loop::create(io::backend_choice::epoll).value();
}

struct stream_pair {
    io::socket ours;
    io::socket theirs;
};

/// While the loop does not run.
inline stream_pair make_stream_pair(io::event_loop& loop) {
    constexpr auto accept_one = [](io::listener* from) -> task<io::unique_fd> {
        result<io::unique_fd> accepted = co_await from->accept();
        co_return std::move(accepted).value();
    };
    io::listener listening = io::listener::bind(loop, io::address::loopback_v4(0)).value();
    io::socket ours = io::socket::connect_blocking(loop, listening.local_address()).value();
    return {std::move(ours), io::socket{loop, loop.run(accept_one(&listening))}};
}

} // namespace spry::tests
