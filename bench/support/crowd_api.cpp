// SPDX-License-Identifier: Apache-2.0
#include "crowd_api.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t received_max = 1024 * 1024;
constexpr std::size_t events_max = 65536; // more are never under way
constexpr std::uint64_t patience_ns = 10'000'000'000;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

bool same_name(std::string_view one, std::string_view lower) {
    return std::equal(one.begin(), one.end(), lower.begin(), lower.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    });
}

// The value of a field, without the spaces around it; nothing where it is not there.
std::string_view field(std::string_view head, std::string_view lower_name) {
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !same_name(line.substr(0, colon), lower_name))
            continue;
        line.remove_prefix(colon + 1);
        while (!line.empty() && line.front() == ' ')
            line.remove_prefix(1);
        return line;
    }
    return {};
}

std::size_t number_in(std::string_view text, int base) {
    const std::string digits(text.substr(0, 17));
    char* end = nullptr;
    const std::size_t value = std::strtoull(digits.c_str(), &end, base);
    if (end == digits.c_str() || value > received_max)
        throw std::runtime_error("the function sends a body of size \"" + digits + "\"");
    return value;
}

// Reads a body in chunks from `at` on; whether it is whole.
bool read_chunks(std::string_view received, std::size_t at, framed_request& into) {
    while (true) {
        const std::size_t end_of_size = received.find("\r\n", at);
        if (end_of_size == std::string_view::npos)
            return false;
        const std::size_t size = number_in(received.substr(at, end_of_size - at), 16);
        at = end_of_size + 2;
        if (size == 0)
            break;
        if (received.size() < at + size + 2)
            return false;
        into.body.append(received.substr(at, size));
        at += size + 2;
    }
    while (true) { // trailers, and the empty line behind them
        const std::size_t end = received.find("\r\n", at);
        if (end == std::string_view::npos)
            return false;
        const bool last = end == at;
        at = end + 2;
        if (last)
            break;
    }
    into.bytes = at;
    return true;
}

} // namespace

framed_request first_request(std::string_view received) {
    framed_request found;
    const std::size_t end_of_head = received.find("\r\n\r\n");
    if (end_of_head == std::string_view::npos) {
        if (received.size() > received_max)
            throw std::runtime_error("the function sends more than is understood here");
        return found;
    }
    const std::string_view head = received.substr(0, end_of_head + 2);
    const std::size_t method = head.find(' ');
    const std::size_t target =
        method == std::string_view::npos ? method : head.find(' ', method + 1);
    if (target == std::string_view::npos || head.substr(target, 10) != " HTTP/1.1\r")
        throw std::runtime_error("the function sends what is no request: " +
                                 std::string(head.substr(0, 100)));
    found.method = head.substr(0, method);
    found.target = head.substr(method + 1, target - method - 1);
    const std::size_t body = end_of_head + 4;
    if (!field(head, "transfer-encoding").empty()) {
        if (!read_chunks(received, body, found))
            found.bytes = 0;
        return found;
    }
    const std::string_view length = field(head, "content-length");
    const std::size_t size = length.empty() ? 0 : number_in(length, 10);
    if (received.size() >= body + size) {
        found.body = received.substr(body, size);
        found.bytes = body + size;
    }
    return found;
}

struct crowd_api::connection {
    int socket = -1;
    std::string received;
    std::string answer; // of all requests that came together
};

crowd_api::crowd_api(std::size_t event_bytes) : event_(event_bytes), outstanding_(events_max) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.ptr = nullptr;
    if (listening_ < 0 || epoll_ < 0 ||
        ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listening_, 4096) != 0 ||
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listening_, &interest) != 0)
        fail("no listening socket");
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

crowd_api::~crowd_api() {
    forget_all();
    ::close(epoll_);
    ::close(listening_);
}

void crowd_api::serve(std::uint64_t until_ns) {
    give(std::numeric_limits<std::uint64_t>::max());
    std::uint64_t last = now_ns();
    for (std::uint64_t now = last; now < until_ns; now = now_ns()) {
        const std::uint64_t left_ms = (until_ns - now) / 1'000'000 + 1;
        if (serve_ready(static_cast<int>(std::min<std::uint64_t>(left_ms, 100))))
            last = now;
        else if (now - last > patience_ns)
            throw std::runtime_error("nothing comes from the function");
    }
}

void crowd_api::serve_events(std::uint64_t events, unsigned workers, unsigned seconds) {
    const std::uint64_t answered_at_end = answered_ + events;
    give(events);
    while (answered_ < answered_at_end || waiting_.size() < workers) {
        if (!serve_ready(static_cast<int>(seconds) * 1000))
            throw std::runtime_error("nothing comes from the function");
    }
}

// From now on so many, to those first who wait already.
void crowd_api::give(std::uint64_t events) {
    left_ = events;
    for (auto waiting = std::exchange(waiting_, {}); connection* const each : waiting) {
        each->answer.clear();
        give_event(*each);
        send(*each, each->answer);
    }
}

// Waits for something to happen, and sees to it; false where nothing has.
bool crowd_api::serve_ready(int limit_ms) {
    std::array<epoll_event, 64> ready{};
    const int count = ::epoll_wait(epoll_, ready.data(), ready.size(), limit_ms);
    if (count < 0 && errno != EINTR)
        fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
        if (ready[static_cast<std::size_t>(i)].data.ptr == nullptr)
            accept_all();
        else
            receive(*static_cast<connection*>(ready[static_cast<std::size_t>(i)].data.ptr));
    }
    return count > 0;
}

void crowd_api::accept_all() {
    while (true) {
        const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0)
            return;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto made = std::make_unique<connection>();
        made->socket = socket;
        epoll_event interest{};
        interest.events = EPOLLIN;
        interest.data.ptr = made.get();
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &interest) != 0)
            fail("epoll_ctl");
        connections_.push_back(std::move(made));
        ++connected_;
    }
}

void crowd_api::receive(connection& from) {
    std::array<char, 16384> bytes; // NOLINT: filled by recv
    const ssize_t got = ::recv(from.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        close(from);
        return;
    }
    from.received.append(bytes.data(), static_cast<std::size_t>(got));
    std::size_t taken = 0;
    from.answer.clear();
    while (taken != from.received.size()) {
        const framed_request next = first_request(std::string_view(from.received).substr(taken));
        if (next.bytes == 0)
            break;
        take(from, next);
        taken += next.bytes;
    }
    from.received.erase(0, taken);
    send(from, from.answer);
}

void crowd_api::send(connection& to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            close(to);
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// Or lets it wait.
void crowd_api::give_event(connection& to) {
    if (left_ == 0) {
        waiting_.push_back(&to);
        return;
    }
    --left_;
    outstanding_[++number_ % events_max] = true;
    to.answer += event_.numbered(number_);
}

void crowd_api::take(connection& from, const framed_request& what) {
    constexpr std::string_view ending = "/response";
    constexpr std::size_t digits = 12;
    std::string_view target = what.target;
    if (what.method == "GET" && target == "/2018-06-01/runtime/invocation/next") {
        give_event(from);
        return;
    }
    if (what.method == "POST" && target.size() > ending.size() + digits &&
        target.substr(target.size() - ending.size()) == ending) {
        target.remove_suffix(ending.size());
        const std::string number(target.substr(target.size() - digits));
        auto outstanding = outstanding_[std::strtoull(number.c_str(), nullptr, 10) % events_max];
        if (outstanding && what.body == event_.event()) {
            outstanding = false;
            ++answered_;
            from.answer += runtime_api::accepted();
            return;
        }
    }
    throw std::runtime_error("the function sends " + std::string(what.target) + " " +
                             what.body.substr(0, 300));
}

void crowd_api::close(connection& which) {
    ::close(which.socket);
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), &which), waiting_.end());
    connections_.erase(std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& each) { return each.get() == &which; }));
}

void crowd_api::forget_all() {
    accept_all();
    while (!connections_.empty())
        close(*connections_.back());
    outstanding_.assign(events_max, false);
}

} // namespace bench
