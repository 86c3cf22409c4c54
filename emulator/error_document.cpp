// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/error_document.hpp>

#include <spry/core/json_syntax.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/emulator/json_members.hpp>

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

std::optional<std::string> without_member(std::string_view text, std::string_view name) {
    const std::optional<std::string_view> object = json_object_in(text);
    if (!object || json::find_syntax_error(*object))
        return std::nullopt;
    std::string rest{"{"};
    for (json_members members{*object}; const auto member = members.next();) {
        if (json_text(member->key) == name)
            continue;
        if (rest.size() > 1)
            rest += ',';
        const char* const begin = member->key.data();
        const char* const end = member->value.data() + member->value.size();
        rest.append(begin, end);
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
