// SPDX-License-Identifier: Apache-2.0
// What tests that run programs share beyond support.hpp: a program that ends by itself, a function
// behind an emulator, an HTTP answer, and that nothing is left behind.
#pragma once

#include "support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <fstream>
#include <iterator>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

namespace release {

using strings = std::vector<std::string>;

/// The binaries of examples/ and tests/programs/.
inline std::string example(const std::string& name) {
    return built("examples/" + name + "/" + name);
}
inline std::string test_program(const std::string& name) {
    return built("tests/programs/" + name);
}

/// This process's environment, for programs that need what is installed around them.
inline strings inherited_environment() {
    strings variables;
    for (char** variable = environ; *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    return variables;
}

/// `first` and then `second`.
inline strings joined(strings first, const strings& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// The variables of `first`, changed and extended by those of `second`.
inline strings overlaid(strings first, const strings& second) {
    for (const std::string& variable : second) {
        const std::string name = variable.substr(0, variable.find('=') + 1);
        first.erase(std::remove_if(first.begin(), first.end(),
                                   [&](const std::string& old) { return old.rfind(name, 0) == 0; }),
                    first.end());
        first.push_back(variable);
    }
    return first;
}

/// In a child before exec: it ends with this process, even if ctest kills that one.
inline int die_with_parent() {
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : 126;
}

/// The same, and from here on the kernel answers io_uring_setup with EPERM.
inline int refuse_io_uring() {
    constexpr std::uint32_t io_uring_setup = 425;
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), program.data()};
    const bool refused = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
    return refused ? die_with_parent() : 126;
}

/// A file in memory: no pipe that fills, nothing to remove.
class memory_file {
public:
    memory_file() : file_(::memfd_create("output", MFD_CLOEXEC)) {}
    int get() const noexcept { return file_.get(); }
    std::string text() const {
        std::string all;
        std::array<char, 4096> part;
        off_t at = 0;
        while (true) {
            const ssize_t got = ::pread(file_.get(), part.data(), part.size(), at);
            if (got <= 0)
                return all;
            all.append(part.data(), static_cast<std::size_t>(got));
            at += got;
        }
    }

private:
    descriptor file_;
};

/// What a program has said, and how it ended.
struct finished {
    std::string out;
    std::string err;
    int exit_code = -1; ///< -1 where a signal has ended it, or nothing has

    /// For messages of failing tests.
    std::string text() const {
        return "exit code " + std::to_string(exit_code) + "\n-- out:\n" + out + "-- err:\n" + err;
    }
};

/// Runs a program to its end, which has to come by itself; fails when it does not come in time.
inline finished run_to_end(const strings& command, const strings& environment,
                           std::chrono::seconds limit = patience,
                           int (*prepare)() = die_with_parent) {
    finished result;
    const memory_file errors;
    child program(command, environment, [&errors, prepare] {
        const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(nothing, 0);
        ::dup2(errors.get(), 2);
        return prepare();
    });
    result.out =
        read_until(program.output(), clock::now() + limit, [](std::string_view) { return false; });
    result.exit_code = program.wait();
    result.err = errors.text();
    EXPECT_GE(result.exit_code, 0) << command[0] << " did not end; " << result.text();
    return result;
}

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

/// Invokes over HTTP. `headers` are whole lines, each with its \r\n.
inline http_answer invoke_at(std::uint16_t port, std::string_view event,
                             std::string_view headers = {}) {
    const descriptor connected = dial(port);
    if (connected.get() < 0) {
        ADD_FAILURE() << "nobody listens on port " << port;
        return {};
    }
    std::string request = "POST " + std::string(invoke_path) +
                          " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                          std::string(headers) + "Content-Length: " + std::to_string(event.size()) +
                          "\r\n\r\n" + std::string(event);
    send_all(connected.get(), request);
    return parse_answer(read_until(connected.get(), clock::now() + patience,
                                   [](std::string_view) { return false; }));
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
    std::string text() const { return std::to_string(number_); }

private:
    descriptor socket_;
    bool held_ = false;
    std::uint16_t number_ = 0;
};

/// A program in local mode: its own emulator on a free port, unless `variables` say otherwise.
class local_function {
public:
    explicit local_function(const std::string& program, const strings& arguments = {},
                            const strings& variables = {})
        : process_(joined({program}, arguments),
                   overlaid({"SPRY_LISTEN=127.0.0.1:0", "PATH=/usr/bin:/bin"}, variables),
                   die_with_parent) {
        read_log([](std::string_view text) { return announced(text) != 0; });
        port_ = announced(log_);
        EXPECT_NE(port_, 0) << log_;
    }

    std::uint16_t port() const noexcept { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    http_answer invoke(std::string_view event, std::string_view headers = {}) const {
        return invoke_at(port_, event, headers);
    }

    /// Reads on until the log, standard output and error together, has `text`.
    const std::string& log_with(std::string_view text) {
        read_log([text](std::string_view so_far) { return so_far.find(text) != so_far.npos; });
        EXPECT_NE(log_.find(text), std::string::npos);
        return log_;
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

/// Tests that start programs derive from this: whoever loses its parent becomes this process's
/// child, and at the end of a test there must be none.
class leaves_no_process : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }

    void TearDown() override {
        // What was killed may take a moment to be gone.
        const auto deadline = clock::now() + std::chrono::seconds(5);
        while (clock::now() < deadline) {
            const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
            if (ended < 0)
                return;
            if (ended == 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        ADD_FAILURE() << "left behind: " << kill_children();
    }

private:
    static std::string kill_children() {
        std::ifstream list("/proc/thread-self/children");
        const std::vector<pid_t> children{std::istream_iterator<pid_t>(list), {}};
        std::string names;
        for (const pid_t pid : children) {
            std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
            std::string name;
            std::getline(file, name);
            names += name + " (" + std::to_string(pid) + ") ";
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
        return names;
    }
};

/// Nothing but one line, of spry's.
inline bool is_one_line(const std::string& text) {
    return text.rfind("spry: ", 0) == 0 && text.find('\n') == text.size() - 1;
}

} // namespace release
