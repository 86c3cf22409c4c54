// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/error_document.hpp>

#include <spry/core/json_syntax.hpp>
#include <spry/core/json_writer.hpp>

#include <algorithm>
#include <csignal>
#include <memory_resource>

namespace spry::emulator {

namespace {

std::string two_members(std::string_view first_key, std::string_view first,
                        std::string_view second_key, std::string_view second) {
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    to.key(first_key);
    to.string(first);
    to.key(second_key);
    to.string(second);
    to.end_object();
    return std::string{to.text()};
}

// As the service names them, which is Go's way.
std::string signal_text(int signal) {
    switch (signal) {
    case SIGHUP:
        return "hangup";
    case SIGINT:
        return "interrupt";
    case SIGQUIT:
        return "quit";
    case SIGILL:
        return "illegal instruction";
    case SIGTRAP:
        return "trace/breakpoint trap";
    case SIGABRT:
        return "aborted";
    case SIGBUS:
        return "bus error";
    case SIGFPE:
        return "floating point exception";
    case SIGKILL:
        return "killed";
    case SIGSEGV:
        return "segmentation fault";
    case SIGPIPE:
        return "broken pipe";
    case SIGTERM:
        return "terminated";
    default:
        return "signal " + std::to_string(signal);
    }
}

} // namespace

std::string error_document(std::string_view type, std::string_view message) {
    return two_members("errorMessage", message, "errorType", type);
}

std::optional<std::string> without_member(std::string_view object, std::string_view name) {
    const std::size_t open = object.find_first_not_of(" \t\r\n");
    if (open == object.npos || object[open] != '{' || json::find_syntax_error(object))
        return std::nullopt;
    std::string rest{"{"};
    std::size_t at = open + 1;
    std::size_t member = at; // where the one that is being read begins
    int depth = 1;
    bool in_string = false;
    for (; depth > 0; ++at) {
        const char c = object[at];
        if (in_string) {
            at += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        }
        const bool member_ends = !in_string && ((depth == 1 && c == ',') || depth == 0);
        if (!member_ends)
            continue;
        std::string_view text = object.substr(member, at - member);
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        member = at + 1;
        if (text.empty() ||
            (text.substr(1).starts_with(name) && text.substr(1 + name.size()).starts_with('"')))
            continue;
        if (rest.size() > 1)
            rest += ',';
        rest += text;
    }
    rest += '}';
    return rest;
}

std::string service_error_document(std::string_view who, std::string_view message) {
    return two_members("Type", who, "Message", message);
}

std::string exit_message(const io::exit_status& status) {
    if (status.signalled)
        return "Runtime exited with error: signal: " + signal_text(status.code);
    if (status.code != 0)
        return "Runtime exited with error: exit status " + std::to_string(status.code);
    return "Runtime exited without providing a reason";
}

} // namespace spry::emulator
