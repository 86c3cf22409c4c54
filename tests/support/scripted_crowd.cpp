// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_crowd.hpp"

#include <spry/core/task_scope.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include <sys/socket.h>

namespace spry::tests {

using testing::crowd_connection;

scripted_crowd::scripted_crowd(io::event_loop& loop, testing::crowd_script script)
    : crowd_service(std::move(script)),
      loop_(loop),
      listener_(io::listener::bind(loop, io::address::loopback_v4(0)).value()),
      address_(listener_.local_address()) {}

task<> scripted_crowd::run() {
    task_scope connections;
    while (!stop_.stop_requested()) {
        result<io::unique_fd> accepted = co_await listener_.accept(stop_.token());
        if (!accepted)
            break;
        connections.spawn(serve(std::move(*accepted)));
    }
    listener_.close();
    co_await connections.join();
}

task<> scripted_crowd::serve(io::unique_fd fd) {
    connection peer{loop_, std::move(fd)};
    join(peer);
    task_scope both;
    both.spawn(read_all(&peer));
    both.spawn(write_all(&peer));
    co_await both.join();
    const linger at_once{1, 0};
    if (peer.how == ending::reset)
        ::setsockopt(peer.stream.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

task<> scripted_crowd::read_all(connection* from) {
    std::array<std::byte, 2048> piece;
    while (from->is_open) {
        const result<std::size_t> received = co_await from->stream.recv(piece, from->over.token());
        if (!received || *received == 0)
            break;
        receive(*from, {reinterpret_cast<const char*>(piece.data()), *received});
        deal();
    }
    if (from->is_open)
        end(*from, ending::orderly);
}

task<> scripted_crowd::write_all(connection* to) {
    while (true) {
        (void)co_await to->has_something.wait();
        to->has_something.reset();
        const std::string bytes = std::exchange(to->unsent, {});
        if (bytes.empty() && !to->is_open)
            break;
        if (bytes.empty())
            continue;
        const result<std::size_t> sent = co_await to->stream.send(std::as_bytes(std::span{bytes}));
        if (!sent)
            break;
        if (!to->is_open)
            to->has_something.set();
    }
    to->over.request_stop();
}

void scripted_crowd::send(crowd_connection& to, std::string_view bytes) {
    auto& peer = static_cast<connection&>(to);
    peer.unsent.append(bytes);
    peer.has_something.set();
}

void scripted_crowd::end(crowd_connection& which, ending how) {
    auto& peer = static_cast<connection&>(which);
    peer.how = how;
    part(peer);
    peer.has_something.set();
}

void scripted_crowd::stop_listening() {
    stop_.request_stop();
}

} // namespace spry::tests
