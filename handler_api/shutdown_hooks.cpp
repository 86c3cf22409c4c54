// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/shutdown_hooks.hpp>

#include <spry/core/arena.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/version.hpp>
#include <spry/http/client.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/termination.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace spry::detail {

namespace {

constexpr std::string_view extension_name = "spry-shutdown";
constexpr std::string_view no_events = "{\"events\":[]}";

std::string request_of(std::string_view method, const endpoint& where, std::string_view path,
                       std::string_view header, std::string_view value, std::string_view body) {
    std::string text;
    text.append(method).append(" ").append(where.base_path).append(path);
    text.append(" HTTP/1.1\r\nHost: ").append(where.authority);
    text.append("\r\nUser-Agent: ").append(user_agent);
    text.append("\r\n").append(header).append(": ").append(value).append("\r\n");
    if (!body.empty()) {
        text.append("Content-Type: application/json\r\nContent-Length: ");
        text.append(std::to_string(body.size())).append("\r\n");
    }
    text.append("\r\n").append(body);
    return text;
}

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span{text});
}

// Its call for the next event tells Lambda that the extension is ready. It has none to wait for, so
// the answer is never read: the connection is only kept.
task<> register_extension(http::client* link, const endpoint* where, logger log) {
    std::error_code error;
    int status = 0;
    std::string identifier;
    const result<> connected = link->connect_blocking();
    if (connected) {
        const std::string call =
            request_of("POST", *where, runtime_api::extension_register_path,
                       runtime_api::extension_name_header, extension_name, no_events);
        http::message answer;
        const result<http::arrival> outcome = co_await link->round_trip({bytes_of(call)}, &answer);
        if (!outcome) {
            error = outcome.error();
        } else if (*outcome == http::arrival::closed) {
            error = make_error_code(errc::connection_closed);
        } else {
            status = answer.status();
            identifier = answer.header(runtime_api::extension_identifier_header).value_or("");
        }
    } else {
        error = connected.error();
    }
    if (status / 100 == 2 && !identifier.empty() && link->is_connected()) {
        const std::string call =
            request_of("GET", *where, runtime_api::extension_next_path,
                       runtime_api::extension_identifier_header, identifier, {});
        const result<std::size_t> sent = co_await link->wire().send(bytes_of(call));
        if (sent)
            co_return;
        error = sent.error();
    }
    link->disconnect();
    log.warn("no extension could be registered: Lambda may end the process without a signal, and "
             "no shutdown hook runs then",
             {{"status", status}, {"reason", error ? error.message() : std::string{}}});
}

task<> run_hook(lifecycle_hooks::hook hook, logger log) {
    std::exception_ptr thrown;
    try {
        task<> work = hook();
        co_await std::move(work);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (!thrown)
        co_return;
    arena memory;
    const error_report problem = describe_exception(thrown, memory);
    log.error("a shutdown hook failed",
              {{"errorType", problem.type}, {"errorMessage", problem.message}});
}

} // namespace

task<int> run_with_shutdown_hooks(const shutdown_hooks* hooks, io::event_loop* loop,
                                  const endpoint* where, const io::address* peer, log_level level,
                                  task<int> work) {
    const logger log{level};
    http::client link{*loop, *peer};
    co_await register_extension(&link, where, log);
    const int code = co_await std::move(work);
    if (!io::termination::requested())
        co_return code;
    const std::span<const lifecycle_hooks::hook> all = hooks->all();
    for (std::size_t left = all.size(); left > 0; --left)
        co_await run_hook(all[left - 1], log);
    co_return code;
}

} // namespace spry::detail
