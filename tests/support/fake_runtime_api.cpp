// SPDX-License-Identifier: Apache-2.0
#include "support/fake_runtime_api.hpp"

#include "support/peer_socket.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spry::testing {

namespace {

// A test that hangs is a failure; nothing here takes anywhere near as long.
constexpr int patience_ms = 20'000;

bool wait_readable(int fd) {
    pollfd readable{fd, POLLIN, 0};
    return ::poll(&readable, 1, patience_ms) > 0;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

} // namespace

fake_runtime_api::fake_runtime_api(std::vector<script_step> script, bool is_ipv6)
    : is_ipv6_(is_ipv6), script_(std::move(script)) {
    listener_ = ::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 local{}; // has room for the other kind
    socklen_t size = sizeof local;
    if (is_ipv6) {
        local.sin6_family = AF_INET6;
        local.sin6_addr = in6addr_loopback;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(local);
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof v4;
    }
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&local), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&local), &size) != 0)
        std::abort();
    port_ = ntohs(local.sin6_port); // where the other kind has it, too
    thread_ = std::thread{[this] { serve(); }};
}

fake_runtime_api::~fake_runtime_api() {
    finish();
}

const std::vector<recorded_request>& fake_runtime_api::finish() {
    if (thread_.joinable()) {
        ::shutdown(listener_, SHUT_RDWR); // ends the accept
        thread_.join();
        ::close(listener_);
        for (const int fd : left_open_)
            ::close(fd);
    }
    return requests_;
}

void fake_runtime_api::serve() {
    while (wait_readable(listener_)) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ++connections_;
        unread_.clear();
        leaves_open_ = false;
        bytes_sent_ = 0;
        while (serve_connection(fd)) {
        }
        if (leaves_open_)
            left_open_.push_back(fd);
        else
            ::close(fd);
    }
}

// One request; false when the connection is over.
bool fake_runtime_api::serve_connection(int fd) {
    const bool scripted = next_step_ < script_.size();
    const script_step step =
        scripted ? script_[next_step_] : script_step{answer(403, "", "{}"), true};
    recorded_request request;
    request.connection = connections_;
    if (!read_request(fd, request, step.read_bytes_max))
        return false;
    ++next_step_;
    requests_.push_back(std::move(request));
    std::string_view unsent = step.answer;
    if (step.signal != 0) {
        if (!send_all(fd, unsent.substr(0, step.signal_at)))
            return false;
        unsent.remove_prefix(step.signal_at);
        bytes_sent_ += step.signal_at;
        ::kill(::getpid(), step.signal);
        std::this_thread::sleep_for(std::chrono::milliseconds{step.pause_ms});
    }
    if (!send_answer(fd, step, unsent))
        return false;
    leaves_open_ = step.leaves_open;
    if (step.close_after) {
        const linger at_once{1, 0};
        if (step.resets)
            ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    }
    if (leaves_open_)
        return false;
    if (step.stops_reading) {
        requests_.back().is_given_up = wait_readable(listener_);
        return false;
    }
    // The rest of a request that was answered early.
    if (step.read_bytes_max != SIZE_MAX) {
        std::array<char, 65536> rest;
        while (wait_readable(fd) && ::recv(fd, rest.data(), rest.size(), 0) > 0) {
        }
        return false;
    }
    return true;
}

bool fake_runtime_api::send_answer(int fd, const script_step& step, std::string_view unsent) {
    std::size_t piece_size = step.byte_by_byte ? 1 : step.split_at;
    while (piece_size < unsent.size()) {
        if (!send_all(fd, unsent.substr(0, piece_size)))
            return false;
        unsent.remove_prefix(piece_size);
        bytes_sent_ += piece_size;
        if (!wait_until_received(fd, bytes_sent_, patience_ms))
            return false;
        if (!step.byte_by_byte)
            break;
    }
    bytes_sent_ += unsent.size();
    return send_all(fd, unsent);
}

bool fake_runtime_api::read_request(int fd, recorded_request& request, std::size_t bytes_max) {
    std::string bytes = std::exchange(unread_, {});
    std::size_t wanted = size_of_request(bytes, request);
    while (bytes.size() < std::min(wanted, bytes_max)) {
        std::array<char, 65536> piece;
        if (!wait_readable(fd))
            return false;
        const std::size_t room = std::min(piece.size(), std::min(wanted, bytes_max) - bytes.size());
        const ssize_t received =
            ::recv(fd, piece.data(), bytes_max == SIZE_MAX ? piece.size() : room, 0);
        if (received <= 0)
            return false;
        bytes.append(piece.data(), static_cast<std::size_t>(received));
        wanted = size_of_request(bytes, request);
    }
    const std::size_t head_end = bytes.find("\r\n\r\n");
    request.is_whole = bytes.size() >= wanted;
    if (head_end != bytes.npos)
        request.body = body_of(std::string_view{bytes}.substr(0, wanted), request);
    if (bytes.size() > wanted)
        unread_ = bytes.substr(wanted);
    request.is_followed = !unread_.empty();
    return true;
}

} // namespace spry::testing
