// SPDX-License-Identifier: Apache-2.0
#include "support/fake_runtime_api.hpp"

#include "support/chunked_body.hpp"
#include "support/peer_socket.hpp"

#include <algorithm>
#include <array>
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

// The size of the request that `bytes` begins with, once its head is whole; fills in what the head
// says.
std::size_t size_of_request(const std::string& bytes, recorded_request& request) {
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos)
        return std::string::npos;
    const std::size_t line_end = bytes.find("\r\n");
    request.start_line = bytes.substr(0, line_end);
    request.head = bytes.substr(line_end, head_end + 2 - line_end);
    if (request.header("Transfer-Encoding") != "chunked") {
        return head_end + 4 + std::strtoull(request.header("Content-Length").c_str(), nullptr, 10);
    }
    const chunked_body body = read_chunked_body(std::string_view{bytes}.substr(head_end + 4));
    if (body.is == chunked_body::state::malformed)
        std::abort();
    request.chunks = body.chunks;
    request.trailers = body.trailers;
    return body.is == chunked_body::state::whole ? head_end + 4 + body.size : std::string::npos;
}

std::string value_in(std::string_view lines, std::string_view name) {
    const std::string start = "\r\n" + std::string{name} + ": ";
    const std::size_t found = lines.find(start);
    if (found == lines.npos)
        return {};
    const std::size_t value = found + start.size();
    return std::string{lines.substr(value, lines.find("\r\n", value) - value)};
}

std::string body_of(std::string_view whole, const recorded_request& request) {
    if (request.header("Transfer-Encoding") != "chunked")
        return std::string{whole.substr(whole.find("\r\n\r\n") + 4)};
    std::string body;
    for (const std::string& chunk : request.chunks)
        body += chunk;
    return body;
}

} // namespace

std::string recorded_request::header(std::string_view name) const {
    return value_in(head, name);
}

std::string recorded_request::trailer(std::string_view name) const {
    return value_in("\r\n" + trailers, name);
}

bool take_request(std::string& bytes, recorded_request& into) {
    const std::size_t size = size_of_request(bytes, into);
    if (size == std::string::npos || bytes.size() < size)
        return false;
    into.body = body_of(std::string_view{bytes}.substr(0, size), into);
    bytes.erase(0, size);
    return true;
}

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

std::string answer(int status, std::string_view headers, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n" + std::string{headers} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string event_answer(std::string_view id, std::string_view body,
                         std::string_view more_headers) {
    return answer(
        200,
        "Lambda-Runtime-Aws-Request-Id: " + std::string{id} +
            "\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: "
            "arn:aws:lambda:us-east-1:012345678912:function:f\r\n"
            "Lambda-Runtime-Trace-Id: Root=1-5f84c7a9-000000000000000000000001;Sampled=0\r\n"
            "Content-Type: application/json\r\n" +
            std::string{more_headers},
        body);
}

std::string accepted_answer() {
    return answer(202, "Content-Type: application/json\r\n", "{\"status\":\"OK\"}\n");
}

} // namespace spry::testing
