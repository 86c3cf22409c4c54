// SPDX-License-Identifier: Apache-2.0
// A function behind an emulator, and what HTTP says of it, for tests that judge from outside.
#pragma once

#include "program.hpp"

#include <algorithm>
#include <cctype>

namespace release {

/// One response, its connection closed behind it.
struct http_answer {
    int status = 0;
    std::string head;
    std::string body;

    /// The value of a header, its name in lower case; empty where it is not there.
    std::string header(const std::string& name) const {
        std::string lower = head;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const std::size_t found = lower.find("\r\n" + name + ": ");
        if (found == std::string::npos)
            return {};
        const std::size_t start = found + 2 + name.size() + 2;
        return head.substr(start, head.find("\r\n", start) - start);
    }
};

/// The bytes of a chunked body; a broken one ends where it breaks.
inline std::string dechunked(std::string_view text) {
    std::string body;
    while (true) {
        const std::size_t size = std::strtoul(std::string(text.substr(0, 16)).c_str(), nullptr, 16);
        const std::size_t start = text.find("\r\n") + 2;
        if (size == 0 || start + size > text.size())
            return body;
        body += text.substr(start, size);
        text.remove_prefix(std::min(start + size + 2, text.size()));
    }
}

inline http_answer parse_answer(const std::string& text) {
    http_answer answer;
    const std::size_t end_of_head = text.find("\r\n\r\n");
    if (text.rfind("HTTP/1.1 ", 0) != 0 || end_of_head == std::string::npos) {
        ADD_FAILURE() << "no HTTP answer: " << text;
        return answer;
    }
    answer.status = std::atoi(text.c_str() + 9);
    answer.head = text.substr(0, end_of_head + 2);
    answer.body = text.substr(end_of_head + 4);
    if (answer.header("transfer-encoding") == "chunked")
        answer.body = dechunked(answer.body);
    return answer;
}

/// A connection to a loopback port; holds -1 where nobody listens.
inline descriptor dial(std::uint16_t port) {
    descriptor connected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(connected.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0)
        connected.reset();
    return connected;
}

/// Sends all of it, unless the other side stops reading.
inline void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

inline constexpr std::string_view invoke_path = "/2015-03-31/functions/function/invocations";

inline constexpr std::string_view stream_path =
    "/2021-11-15/functions/function/response-streaming-invocations";

/// Sends a request on a connection of its own. `headers` are whole lines, each with its \r\n; a
/// Host among them stands for localhost.
inline http_answer ask(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view headers = {}, std::string_view body = {}) {
    const descriptor connected = dial(port);
    if (connected.get() < 0) {
        ADD_FAILURE() << "nobody listens on port " << port;
        return {};
    }
    std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    if (headers.find("Host: ") == headers.npos)
        request += "Host: localhost\r\n";
    request += "Connection: close\r\n" + std::string(headers);
    if (method == "POST" || method == "PUT")
        request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send_all(connected.get(), request + "\r\n" + std::string(body));
    return parse_answer(read_until(connected.get(), clock::now() + patience,
                                   [](std::string_view) { return false; }));
}

/// Invokes over HTTP.
inline http_answer invoke_at(std::uint16_t port, std::string_view event,
                             std::string_view headers = {}) {
    return ask(port, "POST", invoke_path, headers, event);
}

/// Holds a port, whose number it says; with 0 a free one. Listens, if asked to.
class held_port {
public:
    explicit held_port(std::uint16_t number = 0, bool listens = true)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = loopback(number);
        socklen_t size = sizeof address;
        // Of a port that is asked for, connections that have just ended do not count.
        const int reuse = number == 0 ? 0 : 1;
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
        held_ = ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                (!listens || ::listen(socket_.get(), 8) == 0);
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        number_ = held_ ? ntohs(address.sin_port) : number;
    }
    /// False where somebody else has it.
    bool held() const noexcept { return held_; }
    std::uint16_t number() const noexcept { return number_; }
    int fd() const noexcept { return socket_.get(); }
    std::string text() const { return std::to_string(number_); }

private:
    descriptor socket_;
    bool held_ = false;
    std::uint16_t number_ = 0;
};

/// A port for a program that cannot say which one it was given; each call gives another. Nobody has
/// it, and the kernel gives it to nobody by itself, neither to a listener nor to a connection: it
/// lies below ip_local_port_range (ip(7)), from which a port could be taken before it is used.
inline std::uint16_t free_port() {
    constexpr int first = 10'000;
    constexpr int count = 22'000;
    static int tried = ::getpid() * 16; // processes that run at the same time start apart
    while (true) {
        const auto number = static_cast<std::uint16_t>(first + ++tried % count);
        if (held_port{number}.held())
            return number;
    }
}

/// A program in local mode: its own emulator on a free port, unless `variables` say otherwise.
class local_function {
public:
    /// `prepare`: see `child`.
    explicit local_function(const std::string& program, const strings& arguments = {},
                            const strings& variables = {}, int (*prepare)() = die_with_parent)
        : process_(joined({program}, arguments),
                   overlaid({"SPRY_LISTEN=127.0.0.1:0", "PATH=/usr/bin:/bin"}, variables),
                   prepare) {
        read_log([](std::string_view text) { return announced(text) != 0; });
        port_ = announced(log_);
        EXPECT_NE(port_, 0) << log_;
    }

    std::uint16_t port() const noexcept { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    http_answer invoke(std::string_view event, std::string_view headers = {}) const {
        return invoke_at(port_, event, headers);
    }

    /// Reads on until the log, standard output and error together, has `text`, so many times.
    const std::string& log_with(std::string_view text, int times = 1) {
        const auto has_it = [=](std::string_view so_far) {
            int found = 0;
            for (std::size_t at = so_far.find(text); at != so_far.npos;
                 at = so_far.find(text, at + 1))
                ++found;
            return found >= times;
        };
        read_log(has_it);
        EXPECT_TRUE(has_it(log_)) << text;
        return log_;
    }

    pid_t pid() const noexcept { return process_.pid(); }

    /// Takes what the log has now, so that its pipe does not fill.
    void read_what_is_there() {
        pollfd ready{process_.output(), POLLIN, 0};
        std::array<char, 65536> part;
        while (::poll(&ready, 1, 0) > 0) {
            const ssize_t got = ::read(process_.output(), part.data(), part.size());
            if (got <= 0)
                return;
            log_.append(part.data(), static_cast<std::size_t>(got));
        }
    }

    /// Ends it with SIGTERM and gives its exit code; the log is then whole.
    int stop() {
        ::kill(process_.pid(), SIGTERM);
        read_log([](std::string_view) { return false; });
        return process_.wait();
    }
    const std::string& log() const noexcept { return log_; }

private:
    static std::uint16_t announced(std::string_view text) {
        constexpr std::string_view announcement = "spry: listening on http://127.0.0.1:";
        const std::size_t found = text.find(announcement);
        if (found == text.npos || text.find('\n', found) == text.npos)
            return 0;
        return static_cast<std::uint16_t>(
            std::atoi(std::string(text.substr(found + announcement.size())).c_str()));
    }

    template <class Done>
    void read_log(Done done) {
        if (done(log_))
            return;
        log_ += read_until(process_.output(), clock::now() + patience,
                           [&](std::string_view more) { return done(log_ + std::string(more)); });
    }

    child process_;
    std::string log_;
    std::uint16_t port_ = 0;
};

} // namespace release
