// SPDX-License-Identifier: Apache-2.0
// One who has subscribed to telemetry: takes what is posted, or sent by TCP, as the test lets it.
#pragma once

#include "release/local_function.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace started {

/// Listens on a free port from its beginning on, on a thread of its own. One connection at a time.
class subscriber {
public:
    explicit subscriber(std::uint16_t number = 0) : port_(number) {
        EXPECT_TRUE(port_.held());
        thread_ = std::thread([this] { serve(); });
    }
    subscriber(const subscriber&) = delete;
    subscriber& operator=(const subscriber&) = delete;
    ~subscriber() {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
            held_ = false;
            ::shutdown(connected_, SHUT_RDWR);
        }
        changed_.notify_all();
        ::shutdown(port_.fd(), SHUT_RDWR); // ends its accept
        thread_.join();
    }

    std::uint16_t port() const noexcept { return port_.number(); }
    /// A subscription to it. `more` stands behind, with its comma.
    std::string by_http(std::string_view types, std::string_view more = {}) const {
        return at_port(port(), types, more);
    }
    static std::string at_port(std::uint16_t number, std::string_view types,
                               std::string_view more = {}) {
        return R"({"schemaVersion":"2022-12-13","types":)" + std::string(types) +
               R"(,"destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:)" +
               std::to_string(number) + "/events\"}" + std::string(more) + "}";
    }
    std::string by_tcp(std::string_view types) const {
        return R"({"schemaVersion":"2025-01-29","types":)" + std::string(types) +
               R"(,"destination":{"protocol":"TCP","port":)" + port_.text() +
               R"(},"buffering":{"timeoutMs":25}})";
    }

    /// The first post gets this answer.
    void answer_first(std::string with) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(with);
    }
    /// Ends each connection behind one answer, without a word.
    void serve_once() { serves_once_ = true; }
    /// Answers nothing until `let_go`.
    void hold() {
        const std::lock_guard lock(mutex_);
        held_ = true;
    }
    void let_go() {
        const std::lock_guard lock(mutex_);
        held_ = false;
        changed_.notify_all();
    }

    /// All that has come, each body a line, once `done` says so of it.
    std::string events_when(const std::function<bool(const std::string&)>& done) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, release::patience, [&] { return done(all()); }))
            << all();
        return all();
    }
    /// The bodies so far, once all of them together have a text, so many times.
    std::vector<std::string> posts_with(std::string_view text, std::size_t times = 1) {
        std::unique_lock lock(mutex_);
        const auto has_it = [&] { return count(all(), text) >= times; };
        EXPECT_TRUE(changed_.wait_for(lock, release::patience, has_it)) << text << " in\n" << all();
        return posts_;
    }
    /// The same as one text.
    std::string events_with(std::string_view text, std::size_t times = 1) {
        return events_when([=](const std::string& all) { return count(all, text) >= times; });
    }
    std::string last_head() {
        const std::lock_guard lock(mutex_);
        return last_head_;
    }
    std::size_t post_count() {
        const std::lock_guard lock(mutex_);
        return posts_.size();
    }

    static std::size_t count(std::string_view in, std::string_view text) {
        std::size_t found = 0;
        for (std::size_t at = in.find(text); at != in.npos; at = in.find(text, at + text.size()))
            ++found;
        return found;
    }

private:
    static constexpr std::string_view plain_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    std::string all() const {
        std::string text;
        for (const std::string& each : posts_)
            text += each + "\n";
        return text;
    }

    void serve() {
        while (true) {
            const release::descriptor next(::accept4(port_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
            if (next.get() < 0)
                return;
            {
                const std::lock_guard lock(mutex_);
                if (ended_)
                    return;
                connected_ = next.get();
            }
            read(next.get());
            const std::lock_guard lock(mutex_);
            connected_ = -1;
        }
    }

    void read(int fd) {
        std::string kept;
        std::array<char, 65536> part;
        while (true) {
            const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
            if (got <= 0)
                return;
            kept.append(part.data(), static_cast<std::size_t>(got));
            if (take(fd, kept) && serves_once_)
                return;
        }
    }

    // True once it has answered.
    bool take(int fd, std::string& kept) {
        if (kept.starts_with('{')) { // by TCP
            add({}, kept.substr(0, kept.rfind('\n') + 1));
            kept.erase(0, kept.rfind('\n') + 1);
            return false;
        }
        const std::size_t end = kept.find("\r\n\r\n");
        if (end == kept.npos)
            return false;
        const std::size_t at = kept.find("Content-Length: ");
        const std::size_t size = std::strtoul(kept.c_str() + at + 16, nullptr, 10);
        if (kept.size() < end + 4 + size)
            return false;
        add(kept.substr(0, end), kept.substr(end + 4, size));
        kept.erase(0, end + 4 + size);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !held_; });
        const std::string answer = std::exchange(answer_, std::string(plain_answer));
        lock.unlock();
        release::send_all(fd, answer);
        return true;
    }

    void add(std::string head, std::string body) {
        const std::lock_guard lock(mutex_);
        last_head_ = std::move(head);
        posts_.push_back(std::move(body));
        changed_.notify_all();
    }

    release::held_port port_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> posts_;
    std::string last_head_;
    std::string answer_{plain_answer};
    std::atomic<bool> serves_once_ = false;
    bool held_ = false;
    bool ended_ = false;
    int connected_ = -1;
    std::thread thread_;
};

} // namespace started
