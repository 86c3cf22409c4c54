// SPDX-License-Identifier: Apache-2.0
#include "invoking.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t part_bytes = 256 * 1024;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// The value of a header of `head`, which has its name in any case; empty where there is none.
std::string_view header(std::string_view head, std::string_view name) {
    std::size_t at = head.find("\r\n");
    while (at != head.npos && at + 2 + name.size() < head.size()) {
        const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
            const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
            return value == line.npos ? std::string_view{} : line.substr(value);
        }
        at = head.find("\r\n", at + 2);
    }
    return {};
}

} // namespace

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(socket);
    if (!bound)
        throw std::runtime_error("there is no free port");
    return ntohs(address.sin_port);
}

invoker::invoker(std::uint16_t port, const std::string& function, std::string event,
                 unsigned seconds)
    : event_(std::move(event)), part_(part_bytes) {
    request_ = "POST /2015-03-31/functions/" + function +
               "/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
               std::to_string(event_.size()) + "\r\n\r\n" + event_;
    const sockaddr_in address = loopback(port);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (true) {
        connection_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(connection_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0)
            break;
        ::close(std::exchange(connection_, -1));
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("does not listen on port " + std::to_string(port));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const int on = 1;
    ::setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval limit{static_cast<time_t>(seconds), 0};
    ::setsockopt(connection_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

invoker::~invoker() {
    if (connection_ >= 0)
        ::close(connection_);
}

void invoker::receive() {
    ssize_t got = 0;
    do {
        got = ::recv(connection_, part_.data(), part_.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        throw std::runtime_error("closes the connection without an answer");
    if (got < 0)
        throw std::runtime_error("does not answer in time");
    received_.append(part_.data(), static_cast<std::size_t>(got));
}

std::string_view invoker::invoke() {
    std::string_view left = request_;
    while (!left.empty()) {
        const ssize_t sent = ::send(connection_, left.data(), left.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            throw std::runtime_error("takes no request");
        left.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    }
    received_.clear();
    std::size_t head_end = 0;
    while ((head_end = received_.find("\r\n\r\n")) == received_.npos)
        receive();
    if (std::atoi(received_.c_str() + 9) != 200)
        throw std::runtime_error("answers " + received_.substr(0, received_.find('\r')));
    const std::size_t body = head_end + 4;
    const std::string head = received_.substr(0, head_end + 2);
    const std::string_view length = header(head, "Content-Length");
    if (length.empty())
        return read_chunks(body);
    const std::size_t size = std::strtoul(std::string(length).c_str(), nullptr, 10);
    while (received_.size() < body + size)
        receive();
    return std::string_view(received_).substr(body, size);
}

std::string_view invoker::read_chunks(std::size_t at) {
    body_.clear();
    while (true) {
        std::size_t line_end = 0;
        while ((line_end = received_.find("\r\n", at)) == received_.npos)
            receive();
        const std::size_t size = std::strtoul(received_.c_str() + at, nullptr, 16);
        at = line_end + 2;
        while (received_.size() < at + size + 2)
            receive();
        if (size == 0)
            return body_;
        body_.append(received_, at, size);
        at += size + 2;
    }
}

} // namespace bench
