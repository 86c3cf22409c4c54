// SPDX-License-Identifier: Apache-2.0
#include "runtime_api.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::size_t buffer_bytes = 16 * 1024 * 1024; // an answer of 6 MB, escaped once
constexpr std::string_view prefix = "/2018-06-01/runtime/";

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::string event_of(std::size_t bytes) {
    constexpr std::string_view before = R"({"name":")";
    constexpr std::string_view after = R"("})";
    if (bytes == 0)
        return {};
    if (bytes < 2)
        throw std::runtime_error("an event of JSON has at least 2 bytes");
    if (bytes < before.size() + after.size())
        return "{" + std::string(bytes - 2, ' ') + "}";
    return std::string(before) + std::string(bytes - before.size() - after.size(), 'x') +
           std::string(after);
}

bool same_name(std::string_view one, std::string_view lower) {
    return std::equal(one.begin(), one.end(), lower.begin(), lower.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    });
}

struct framing {
    std::size_t length = 0;
    bool is_chunked = false;
    bool closes = false;
};

framing framing_of(std::string_view head) {
    framing read;
    while (!head.empty()) {
        const std::size_t end = std::min(head.find("\r\n"), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view name = line.substr(0, colon);
        if (same_name(name, "content-length"))
            read.length = std::strtoull(line.data() + colon + 1, nullptr, 10);
        if (same_name(name, "transfer-encoding"))
            read.is_chunked = true;
        if (same_name(name, "connection"))
            read.closes = line.find("close", colon) != std::string_view::npos;
    }
    return read;
}

std::uint64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

request_kind kind_of(std::string_view method, std::string_view target) {
    if (target.substr(0, prefix.size()) != prefix)
        return request_kind::other;
    target.remove_prefix(prefix.size());
    const auto ends_with = [target](std::string_view end) {
        return target.size() >= end.size() && target.substr(target.size() - end.size()) == end;
    };
    if (method == "GET")
        return target == "invocation/next" ? request_kind::next : request_kind::other;
    if (method == "POST" && ends_with("/response"))
        return request_kind::response;
    return method == "POST" && ends_with("/error") ? request_kind::error : request_kind::other;
}

} // namespace

event_message::event_message(std::size_t bytes) : event_message(event_of(bytes)) {}

event_message::event_message(const std::string& event) {
    using namespace std::chrono;
    const auto deadline =
        duration_cast<milliseconds>((system_clock::now() + minutes(15)).time_since_epoch());
    text_ = "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-";
    digits_at_ = text_.size();
    text_ += "000000000000\r\n"
             "Lambda-Runtime-Deadline-Ms: " +
             std::to_string(deadline.count()) +
             "\r\n"
             "Lambda-Runtime-Invoked-Function-Arn: "
             "arn:aws:lambda:eu-central-1:123456789012:function:function\r\n"
             "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;"
             "Parent=9a9197af755a6419;Sampled=0\r\n"
             "Date: Fri, 21 Nov 2025 10:00:00 GMT\r\n"
             "Content-Length: " +
             std::to_string(event.size()) + "\r\n\r\n";
    event_at_ = text_.size();
    text_ += event;
}

std::string_view event_message::numbered(std::uint64_t number) {
    for (std::size_t digit = 12; digit != 0; --digit, number /= 10)
        text_[digits_at_ + digit - 1] = static_cast<char>('0' + number % 10);
    return text_;
}

bool event_message::is_answer(std::string_view target) const {
    const std::string_view id = std::string_view(text_).substr(digits_at_ - 24, 36);
    return target.find(id) != std::string_view::npos;
}

runtime_api::runtime_api(unsigned seconds) : seconds_(seconds), buffer_(buffer_bytes) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // Accepted connections inherit the limit.
    const timeval limit{static_cast<time_t>(seconds), 0};
    if (listening_ < 0 ||
        ::setsockopt(listening_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        ::setsockopt(listening_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listening_, 8) != 0 ||
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        fail("no listening socket");
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

runtime_api::~runtime_api() {
    close();
    ::close(listening_);
}

void runtime_api::accept() {
    close();
    accept_one();
}

void runtime_api::accept_one() {
    connection_ = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection_ < 0) {
        if (errno == EAGAIN)
            throw std::runtime_error("the function does not connect");
        fail("accept");
    }
    const int on = 1;
    ::setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void runtime_api::accept_or_resume() {
    if (has_more())
        return;
    if (connection_ >= 0)
        others_.push_back(connection_);
    connection_ = -1;
    while (true) {
        std::vector<pollfd> watched{{listening_, POLLIN, 0}};
        for (const int each : others_)
            watched.push_back({each, POLLIN, 0});
        if (::poll(watched.data(), watched.size(), static_cast<int>(seconds_) * 1000) <= 0)
            throw std::runtime_error("nothing comes from the function");
        if (watched.front().revents != 0) {
            accept_one();
            return;
        }
        const auto ready = std::find_if(watched.begin() + 1, watched.end(),
                                        [](const pollfd& each) { return each.revents != 0; });
        const int which = ready->fd;
        others_.erase(std::find(others_.begin(), others_.end(), which));
        char byte = 0;
        if (::recv(which, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
            connection_ = which;
            return;
        }
        ::close(which);
    }
}

void runtime_api::close() noexcept {
    for (const int each : others_)
        ::close(each);
    others_.clear();
    if (connection_ >= 0)
        ::close(connection_);
    connection_ = -1;
    begin_ = end_ = 0;
}

void runtime_api::receive() {
    if (end_ == buffer_.size())
        throw std::runtime_error("the function sends more than is understood here");
    const ssize_t got = ::recv(connection_, buffer_.data() + end_, buffer_.size() - end_, 0);
    if (got == 0)
        throw std::runtime_error("the function has closed its connection");
    if (got < 0) {
        if (errno == EAGAIN)
            throw std::runtime_error("nothing comes from the function");
        fail("recv");
    }
    end_ += static_cast<std::size_t>(got);
}

request runtime_api::read(std::size_t payload_chunk_min) {
    if (begin_ == end_)
        begin_ = end_ = 0;
    std::size_t head = std::string_view::npos;
    while (true) {
        const std::string_view waiting(buffer_.data() + begin_, end_ - begin_);
        head = waiting.find("\r\n\r\n");
        if (head != std::string_view::npos)
            break;
        receive();
    }
    head += 4;
    const framing body = framing_of({buffer_.data() + begin_, head});
    while (!body.is_chunked && end_ - begin_ < head + body.length)
        receive();

    const std::string_view text(buffer_.data() + begin_, head + body.length);
    const std::size_t method = text.find(' ');
    const std::size_t target = std::min(text.find(' ', method + 1), text.size());
    request whole;
    whole.target = text.substr(method + 1, target - method - 1);
    whole.kind = kind_of(text.substr(0, method), whole.target);
    whole.body = text.substr(head);
    whole.body_bytes = body.length;
    whole.closes = body.closes;
    begin_ += head + body.length;
    if (body.is_chunked)
        read_chunks(whole, payload_chunk_min);
    return whole;
}

// Without its end; valid until the next one.
std::string_view runtime_api::line() {
    while (true) {
        const std::string_view waiting(buffer_.data() + begin_, end_ - begin_);
        const std::size_t end = waiting.find("\r\n");
        if (end != std::string_view::npos) {
            begin_ += end + 2;
            return waiting.substr(0, end);
        }
        if (begin_ != 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, waiting.size());
            begin_ = 0;
            end_ = waiting.size();
        }
        receive();
    }
}

// As long as they may be, in constant memory.
void runtime_api::read_chunks(request& of, std::size_t payload_chunk_min) {
    constexpr std::size_t kept_bytes = 1024 * 1024;
    chunked_target_ = of.target;
    chunked_body_.clear();
    while (true) {
        const std::string digits(line());
        char* end = nullptr;
        std::size_t left = std::strtoull(digits.c_str(), &end, 16);
        if (digits.empty() || *end != '\0')
            throw std::runtime_error("the function sends a chunk of size \"" + digits + "\"");
        if (left == 0)
            break;
        of.body_bytes += left;
        ++of.chunks;
        const bool is_payload = left >= payload_chunk_min;
        while (left != 0) {
            if (begin_ == end_) {
                begin_ = end_ = 0;
                receive();
            }
            if (of.first_byte_ns == 0 && is_payload)
                of.first_byte_ns = now_ns();
            const std::size_t here = std::min(left, end_ - begin_);
            const std::size_t kept = std::min(here, kept_bytes - chunked_body_.size());
            chunked_body_.append(buffer_.data() + begin_, kept);
            begin_ += here;
            left -= here;
        }
        if (!line().empty())
            throw std::runtime_error("the function sends more than a chunk has");
    }
    while (!line().empty())
        of.has_trailers = true;
    of.target = chunked_target_;
    of.body = chunked_body_;
}

request runtime_api::expect(request_kind kind, std::size_t payload_chunk_min) {
    const request got = read(payload_chunk_min);
    if (got.kind != kind) {
        throw std::runtime_error("the function sends " + std::string(got.target) + " " +
                                 std::string(got.body.substr(0, 500)));
    }
    return got;
}

void runtime_api::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            fail("the function does not take what is sent");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void runtime_api::send(std::string_view first, std::string_view second) {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(first.data()), first.size()},
                               iovec{const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = ::sendmsg(connection_, &message, MSG_NOSIGNAL);
    if (sent <= 0)
        fail("the function does not take what is sent");
    const auto done = static_cast<std::size_t>(sent);
    if (done < first.size())
        send(first.substr(done));
    send(second.substr(done > first.size() ? done - first.size() : 0));
}

std::string_view runtime_api::accepted() noexcept {
    return "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
           "Date: Fri, 21 Nov 2025 10:00:00 GMT\r\nContent-Length: 16\r\n\r\n"
           "{\"status\":\"OK\"}\n";
}

} // namespace bench
