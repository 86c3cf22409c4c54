// SPDX-License-Identifier: Apache-2.0
// Extensions for tests: one in shell, which runs as it would on Lambda, and one that the test plays
// itself, in the name of a program that only waits.
#pragma once

#include "started.hpp"

#include <cstdlib>
#include <future>

namespace started {

/// Registers, and writes each event to the log; with SHUTDOWN it exits. In front of each step of
/// it stands `before_...`, a line of shell.
inline std::string shell_extension(std::string_view before_register = ":",
                                   std::string_view before_next = ":") {
    std::string text = R"(#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension
)";
    text += before_register;
    text += R"(
id=$(curl -sS -D - -o /dev/null "$api/register" -H "Lambda-Extension-Name: ${0##*/}" \
    -d '{"events":["INVOKE","SHUTDOWN"]}' |
    sed -n 's/^[Ll]ambda-[Ee]xtension-[Ii]dentifier: *\([^ \r]*\).*/\1/p')
while true; do
    )";
    text += before_next;
    text += R"(
    event=$(curl -sS "$api/event/next" -H "Lambda-Extension-Identifier: $id") || exit 1
    echo "${0##*/} has $event"
    case $event in *SHUTDOWN*) exit 0 ;; esac
done
)";
    return text;
}

inline bool has_curl() {
    return ::access("/usr/bin/curl", X_OK) == 0 || ::access("/bin/curl", X_OK) == 0;
}

/// A program that tells where its Runtime API is, and waits.
inline constexpr std::string_view waiting_program = R"(#!/bin/sh
echo "${0##*/} $$ at $AWS_LAMBDA_RUNTIME_API;"
exec sleep 60
)";

/// spry-emulator with one external extension, whose part the test plays.
class played : public emulator {
public:
    explicit played(const folder& of, const strings& variables = {}, const strings& how = {})
        : emulator({"--extensions", of.path().string()}, variables, how) {
        log_with(";\n");
        const std::size_t at = log().find("player ");
        pid_ = std::atoi(log().c_str() + at + std::string_view{"player "}.size());
        api_ = static_cast<std::uint16_t>(std::atoi(log().c_str() + log().find(':', at) + 1));
    }
    static std::string add_program(const folder& to) {
        return to.file("player", waiting_program, true);
    }

    pid_t extension_pid() const noexcept { return pid_; }

    http_answer call(std::string_view method, std::string_view path, std::string_view body = {},
                     std::string_view headers = {}) const {
        return release::ask(api_, method, "/2020-01-01/extension" + std::string(path), headers,
                            body);
    }
    http_answer register_as(std::string_view name, std::string_view body,
                            std::string_view headers = {}) const {
        return call("POST", "/register", body,
                    "Lambda-Extension-Name: " + std::string(name) + "\r\n" + std::string(headers));
    }
    /// Registers the external one; its header line for what follows.
    std::string join(std::string_view events = R"(["INVOKE","SHUTDOWN"])") const {
        return identity(register_as("player", "{\"events\":" + std::string(events) + "}"));
    }
    static std::string identity(const http_answer& registered) {
        EXPECT_EQ(registered.status, 200) << registered.body;
        return "Lambda-Extension-Identifier: " + registered.header("lambda-extension-identifier") +
               "\r\n";
    }
    http_answer next(std::string_view identity) const {
        return call("GET", "/event/next", {}, identity);
    }
    /// PUT to the Telemetry API, or to another path.
    http_answer subscribe(std::string_view identity, std::string_view body,
                          std::string_view path = "/2022-07-01/telemetry") const {
        return release::ask(api_, "PUT", path, identity, body);
    }
    std::future<http_answer> next_later(std::string identity) const {
        return std::async(std::launch::async,
                          [this, identity = std::move(identity)] { return next(identity); });
    }
    std::future<http_answer> invoke_later(std::string event) const {
        return std::async(std::launch::async,
                          [this, event = std::move(event)] { return invoke(event); });
    }

private:
    pid_t pid_ = 0;
    std::uint16_t api_ = 0;
};

} // namespace started
