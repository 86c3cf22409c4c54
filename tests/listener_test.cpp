// SPDX-License-Identifier: Apache-2.0
#include <spry/io/listener.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/io/socket.hpp>

#include "support/bytes.hpp"
#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;

class listener : public spry::tests::on_every_backend {};
SPRY_ON_EVERY_BACKEND(listener);

// Whether there is IPv6 is the machine's business.
class listener_of_the_kernel : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(listener_of_the_kernel);

io::listener listen_on_loopback(io::event_loop& loop) {
    return io::listener::bind(loop, io::address::loopback_v4(0)).value();
}

TEST_P(listener, takes_a_free_port_and_tells_it) {
    const io::listener listening = listen_on_loopback(loop());
    EXPECT_NE(listening.local_address().port(), 0);
    EXPECT_TRUE(listening.local_address().is_loopback());
}

TEST_P(listener, reports_a_port_in_use) {
    const io::listener first = listen_on_loopback(loop());
    const result<io::listener> second = io::listener::bind(loop(), first.local_address());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error(), std::errc::address_in_use);
}

TEST_P(listener, frees_its_port_when_it_closes) {
    io::listener first = listen_on_loopback(loop());
    const io::address at = first.local_address();
    first.close();
    EXPECT_TRUE(io::listener::bind(loop(), at).has_value());
}

TEST_P(listener, closes_what_it_held_when_another_is_moved_in) {
    io::listener first = listen_on_loopback(loop());
    io::listener second = listen_on_loopback(loop());
    const io::address freed = first.local_address();
    const io::address kept = second.local_address();
    first = std::move(second);
    EXPECT_EQ(first.local_address().port(), kept.port());
    EXPECT_TRUE(io::listener::bind(loop(), freed).has_value());
    EXPECT_FALSE(io::listener::bind(loop(), kept).has_value());
}

task<> accept_many(io::listener* from, std::size_t count, std::vector<io::unique_fd>* into) {
    while (into->size() < count) {
        result<io::unique_fd> fd = co_await from->accept();
        if (!fd)
            co_return;
        into->push_back(std::move(*fd));
    }
}

task<std::size_t> accept_bursts(io::event_loop* loop) {
    constexpr std::size_t burst = 100;
    io::listener listening = listen_on_loopback(*loop);
    std::vector<io::socket> clients;
    std::vector<io::unique_fd> accepted;
    task_scope scope;
    scope.spawn(accept_many(&listening, 2 * burst, &accepted));
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < burst; ++i)
            clients.push_back(
                io::socket::connect_blocking(*loop, listening.local_address()).value());
        static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    }
    co_await scope.join();
    co_return accepted.size();
}

TEST_P(listener, accepts_bursts_of_connections_to_the_last_one) {
    EXPECT_EQ(run(accept_bursts(&loop())), 200u);
}

task<result<io::unique_fd>> accept_one(io::listener* from, stop_token stop) {
    result<io::unique_fd> fd = co_await from->accept(stop);
    co_return fd;
}

task<> store_accept_error(io::listener* from, stop_token stop, std::error_code* into) {
    result<io::unique_fd> fd = co_await accept_one(from, stop);
    if (!fd)
        *into = fd.error();
}

task<std::error_code> cancel_accept(io::event_loop* loop) {
    io::listener listening = listen_on_loopback(*loop);
    stop_source stop;
    std::error_code error;
    task_scope scope;
    scope.spawn(store_accept_error(&listening, stop.token(), &error));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    stop.request_stop();
    co_await scope.join();
    co_return error;
}

TEST_P(listener, cancels_a_pending_accept) {
    EXPECT_EQ(run(cancel_accept(&loop())), errc::cancelled);
}

task<std::string> flags_of_accepted(io::event_loop* loop) {
    io::listener listening = listen_on_loopback(*loop);
    const io::socket client =
        io::socket::connect_blocking(*loop, listening.local_address()).value();
    const result<io::unique_fd> fd = co_await accept_one(&listening, {});
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    ::getsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
    std::string flags = no_delay != 0 ? "no delay" : "delay";
    flags += (::fcntl(fd->get(), F_GETFL) & O_NONBLOCK) != 0 ? ", not blocking" : ", blocking";
    flags += (::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0 ? ", closed on exec" : ", inherited";
    co_return flags;
}

TEST_P(listener, accepts_sockets_that_block_and_do_not_delay) {
    EXPECT_EQ(run(flags_of_accepted(&loop())), "no delay, blocking, closed on exec");
}

bool has_ipv6() {
    const io::unique_fd probe{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const io::address any = io::address::loopback_v6(0);
    return probe && ::bind(probe.get(), any.data(), any.size()) == 0;
}

// Where the machine has no IPv6, the same test shows that its absence is an error and no more.
TEST_P(listener_of_the_kernel, listens_on_both_loopbacks_with_one_port) {
    const io::listener v4 = listen_on_loopback(loop());
    const io::address at_v6 = io::address::loopback_v6(v4.local_address().port());
    const result<io::listener> v6 = io::listener::bind(loop(), at_v6);
    EXPECT_EQ(v6.has_value(), has_ipv6());
    if (v6.has_value()) {
        EXPECT_EQ(v6->local_address().to_string(), at_v6.to_string());
    }
}

} // namespace
