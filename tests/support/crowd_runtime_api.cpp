// SPDX-License-Identifier: Apache-2.0
#include "support/crowd_runtime_api.hpp"

#include "support/fake_runtime_api.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spry::testing {

namespace {

// A test that hangs is a failure; nothing here takes anywhere near as long.
constexpr int patience_ms = 60'000;

constexpr std::string_view next_target = "/2018-06-01/runtime/invocation/next";
constexpr std::string_view invocation_prefix = "/2018-06-01/runtime/invocation/";

std::string value_of(std::string_view head, std::string_view name) {
    const std::size_t found = head.find("\r\n" + std::string{name} + ": ");
    if (found == head.npos)
        return {};
    const std::size_t value = found + name.size() + 4;
    return std::string{head.substr(value, head.find("\r\n", value) - value)};
}

} // namespace

void crowd_service::join(crowd_connection& who) {
    who.number = ++connections_made_;
    present_.push_back(&who);
}

void crowd_service::part(crowd_connection& who) {
    who.is_open = false;
    std::erase(present_, &who);
    std::erase(waiting_, &who);
}

void crowd_service::receive(crowd_connection& from, std::string_view bytes) {
    from.unread.append(bytes);
    while (from.is_open) {
        const std::size_t end = from.unread.find("\r\n\r\n");
        if (end == std::string::npos)
            return;
        const std::string head = from.unread.substr(0, end + 2);
        const std::size_t body =
            std::strtoull(value_of(head, "Content-Length").c_str(), nullptr, 10);
        if (from.unread.size() < end + 4 + body)
            return;
        crowd_call call;
        const std::size_t space = head.find(' ');
        call.method = head.substr(0, space);
        call.target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
        call.body = from.unread.substr(end + 4, body);
        from.unread.erase(0, end + 4 + body);
        call.is_followed = !from.unread.empty();
        call.connection = from.number;
        take(from, std::move(call));
    }
}

void crowd_service::take(crowd_connection& from, crowd_call call) {
    call.is_next = call.method == "GET" && call.target == next_target;
    call.number = call.is_next ? ++nexts_ : ++others_;
    const bool is_answer = call.method == "POST" && call.target.starts_with(invocation_prefix);
    if (is_answer) {
        const std::string_view rest =
            std::string_view{call.target}.substr(invocation_prefix.size());
        call.id = rest.substr(0, rest.find('/'));
        answers_.emplace(call.id, std::string{rest.substr(rest.find('/') + 1)} + " " + call.body);
        answered_.push_back(call.id);
        ++answered_count_;
    }
    if (!from.has_vanished)
        reply(from, call, script_.reply ? script_.reply(call) : std::string{});
    waiting_max_ = std::max(waiting_max_, waiting_.size());
    calls_.push_back(std::move(call));
}

void crowd_service::reply(crowd_connection& to, const crowd_call& call, std::string_view told) {
    constexpr std::string_view cut = "cut ";
    if (told == "close") {
        end(to, ending::orderly);
    } else if (told == "reset") {
        end(to, ending::reset);
    } else if (told.starts_with(cut)) {
        send(to, told.substr(cut.size()));
        end(to, ending::reset);
    } else if (told == "vanish") {
        to.has_vanished = true;
    } else if (told == "leave") {
        stop_listening();
        for (crowd_connection* const each : std::vector{present_})
            end(*each, ending::orderly);
    } else if (!told.empty()) {
        send(to, told);
    } else if (!call.is_next) {
        send(to, accepted_answer());
    } else {
        waiting_.push_back(&to);
    }
}

void crowd_service::deal() {
    is_together_ = is_together_ || waiting_.size() >= script_.together;
    while (is_together_ && !waiting_.empty() && given_ < script_.events.size()) {
        crowd_connection& to = *waiting_.front();
        waiting_.erase(waiting_.begin());
        const std::string id = "e" + std::to_string(given_);
        send(to, event_answer(id, script_.events[given_++]));
    }
    if (answered_count_ < script_.events.size() || given_ < script_.events.size())
        return;
    if (script_.terminates) {
        if (waiting_.size() >= script_.together && !std::exchange(is_over_, true))
            ::kill(::getpid(), SIGTERM);
        return;
    }
    for (crowd_connection* const each : std::exchange(waiting_, {}))
        send(*each, answer(403, "", "{}"));
    for (crowd_connection* const each : std::vector{present_}) {
        if (each->has_vanished)
            end(*each, ending::orderly);
    }
}

crowd_runtime_api::crowd_runtime_api(crowd_script script) : crowd_service(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof local;
    std::array<int, 2> stop{};
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&local), size) != 0 ||
        ::listen(listener_, 1024) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&local), &size) != 0 ||
        ::pipe2(stop.data(), O_CLOEXEC) != 0)
        std::abort();
    stop_read_ = stop[0];
    stop_write_ = stop[1];
    port_ = ntohs(local.sin_port);
    thread_ = std::thread{[this] { serve(); }};
}

crowd_runtime_api::~crowd_runtime_api() {
    finish();
    if (listener_ >= 0)
        ::close(listener_);
    ::close(stop_read_);
    ::close(stop_write_);
}

void crowd_runtime_api::finish() {
    if (!thread_.joinable())
        return;
    if (::write(stop_write_, "x", 1) != 1)
        std::abort();
    thread_.join();
}

void crowd_runtime_api::serve() {
    bool is_stopping = false;
    while (true) {
        std::vector<pollfd> ready{{listener_, POLLIN, 0}, {stop_read_, POLLIN, 0}};
        if (is_stopping)
            ready[1].fd = -1;
        for (const auto& each : connections_)
            ready.push_back({each->fd, POLLIN, 0});
        const int count = ::poll(ready.data(), ready.size(), is_stopping ? 0 : patience_ms);
        if (count <= 0)
            break;
        is_stopping = is_stopping || (ready[1].revents & POLLIN) != 0;
        const std::size_t known = connections_.size();
        for (std::size_t i = 0; i < known; ++i) {
            if (ready[2 + i].revents != 0 && connections_[i]->is_open)
                read_from(*connections_[i]);
        }
        if (ready[0].revents != 0 && listener_ >= 0)
            accept_all();
        deal();
        std::erase_if(connections_, [](const auto& each) { return !each->is_open; });
    }
    for (const auto& each : connections_) {
        if (each->is_open)
            end(*each, ending::orderly);
    }
}

void crowd_runtime_api::accept_all() {
    while (true) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections_.push_back(std::make_unique<connection>());
        connections_.back()->fd = fd;
        join(*connections_.back());
    }
}

void crowd_runtime_api::read_from(connection& from) {
    std::array<char, 65536> piece;
    const ssize_t received = ::recv(from.fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (received <= 0)
        return end(from, ending::orderly);
    receive(from, {piece.data(), static_cast<std::size_t>(received)});
}

void crowd_runtime_api::send(crowd_connection& to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent =
            ::send(static_cast<connection&>(to).fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return end(to, ending::orderly);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void crowd_runtime_api::end(crowd_connection& which, ending how) {
    const int fd = std::exchange(static_cast<connection&>(which).fd, -1);
    const linger at_once{1, 0};
    if (how == ending::reset)
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (fd >= 0)
        ::close(fd);
    part(which);
}

void crowd_runtime_api::stop_listening() {
    ::close(std::exchange(listener_, -1));
}

} // namespace spry::testing
