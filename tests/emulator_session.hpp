// SPDX-License-Identifier: Apache-2.0
// An emulator for one test, on a free port, with the fake function behind it, and its callers, all
// on one loop.
#pragma once

#include <spry/core/task_scope.hpp>
#include <spry/emulator/emulator.hpp>
#include <spry/http/client.hpp>
#include <spry/http/headers.hpp>
#include <spry/io/event_loop.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace spry_test {

using spry::task;

struct reply {
    int status = 0; ///< 0: no answer
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;

    std::string header(std::string_view name) const {
        for (const auto& [each, value] : headers) {
            if (spry::http::equal_ignoring_case(each, name))
                return value;
        }
        return {};
    }
};

class session {
public:
    using script = task<> (*)(session*);
    using fields = std::vector<spry::http::field>;

    explicit session(std::string how = "") {
        options.function.program = SPRY_FAKE_FUNCTION;
        options.function.arguments = {"fake", std::move(how)};
        options.function.environment = {"PATH=/bin", "SPECIAL=a=b"};
        options.function.timeout = std::chrono::seconds{60};
        options.listen = *spry::emulator::parse_listen("127.0.0.1:0");
        options.log.fd = log_fd_;
    }
    ~session() { ::close(log_fd_); }

    /// Runs the script beside the emulator, then stops that, and looks for what it left behind.
    void run(script what) {
        spry::emulator::emulator local{*loop, options};
        emulator = &local;
        ASSERT_TRUE(local.listen());
        if (before_run)
            before_run(local.local_address());
        loop->run(main(this, what));
        EXPECT_TRUE(local.processes().empty());
        emulator = nullptr;
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
        EXPECT_EQ(errno, ECHILD);
    }

    // Plain functions that make the coroutine's parameters, so that no test builds one inside an
    // awaiting expression (style 4.7).

    /// Sends a request and keeps the answer in `replies`, in the order in which answers come.
    task<> send(std::string_view method, std::string_view target, std::string_view body = {},
                const fields& headers = no_fields) {
        return keep(this, std::string{method}, std::string{target}, std::string{body}, headers);
    }
    /// Invokes "function" with an event.
    task<> invoke(std::string_view event, const fields& headers = no_fields) {
        return send("POST", "/2015-03-31/functions/function/invocations", event, headers);
    }

    /// Waits until the log has `count` times `what`.
    task<> log_has(std::string_view what, int count = 1) {
        return wait_for_log(this, std::string{what}, count);
    }

    /// The first of the function's processes, or -1.
    int function_pid() const {
        const std::vector<int> all = emulator->processes();
        return all.empty() ? -1 : all.front();
    }

    /// All that the emulator has written so far.
    std::string log() const {
        std::string text(static_cast<std::size_t>(::lseek(log_fd_, 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(log_fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        return text;
    }
    int log_count(std::string_view what) const {
        const std::string text = log();
        int count = 0;
        for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1))
            ++count;
        return count;
    }

    std::unique_ptr<spry::io::event_loop> loop =
        *spry::io::event_loop::create(spry::io::backend_choice::automatic);
    spry::emulator::emulator_options options;
    spry::emulator::emulator* emulator = nullptr;
    spry::stop_source stop;
    spry::stop_source at_once;
    std::function<void(const spry::io::address&)> before_run; ///< it listens, and serves nobody yet
    std::optional<spry::result<>> outcome;                    // of the emulator
    std::vector<reply> replies;

    static inline const fields no_fields{};

private:
    static task<> keep(session* self, std::string method, std::string target, std::string body,
                       fields headers) {
        const spry::http::client_options any_size{.body_bytes_max = 64 * 1024 * 1024};
        spry::http::client client{*self->loop, self->emulator->local_address(), any_size};
        spry::http::message message;
        spry::http::simple_request request;
        request.method = method;
        request.target = target;
        request.headers = headers;
        request.body = std::as_bytes(std::span{body});
        const spry::result<spry::http::arrival> outcome =
            co_await client.request(request, &message);
        reply got;
        if (outcome && *outcome == spry::http::arrival::message) {
            got.status = message.status();
            got.body = message.text();
            for (std::size_t i = 0; i != message.header_count(); ++i) {
                const spry::http::field field = message.header_at(i);
                got.headers.emplace_back(field.name, field.value);
            }
        }
        self->replies.push_back(std::move(got));
    }
    static task<> wait_for_log(session* self, std::string what, int count) {
        while (self->log_count(what) < count)
            (void)co_await self->loop->sleep_for(std::chrono::milliseconds{1});
    }
    static task<> serve(session* self) {
        spry::result<> ended =
            co_await self->emulator->run(self->stop.token(), self->at_once.token());
        self->outcome = ended;
    }
    static task<> main(session* self, script what) {
        spry::task_scope scope;
        scope.spawn(serve(self));
        co_await what(self);
        self->stop.request_stop();
        co_await scope.join();
    }

    int log_fd_ = ::memfd_create("log", MFD_CLOEXEC);
};

} // namespace spry_test
