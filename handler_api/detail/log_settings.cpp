// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/log_settings.hpp>

#include <spry/handler_api/log_redirection.hpp>
#include <spry/http/headers.hpp>
#include <spry/io/standard_error.hpp>
#include <spry/io/unique_fd.hpp>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace spry::detail {

namespace {

constinit log_settings settings{};
constinit std::atomic<bool> are_settled = false;
pthread_mutex_t settling = PTHREAD_MUTEX_INITIALIZER;

bool is_managed(const environment& variables) noexcept {
    return variables.max_concurrency > 1 ||
           variables.initialization_type == "lambda-managed-instances";
}

// Whether it can be written to, and is closed on exec from here on.
bool take_descriptor(std::string_view number, int& fd) noexcept {
    const char* const end = number.data() + number.size();
    const auto [behind, error] = std::from_chars(number.data(), end, fd);
    return error == std::errc{} && behind == end && fd >= 0 &&
           ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

bool become_connection(int standard_fd, std::string_view path) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    const io::unique_fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return socket.get() >= 0 &&
           ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0 &&
           ::dup2(socket.get(), standard_fd) == standard_fd;
}

void settle(const environment& variables) noexcept {
    settings = read_log_settings(variables);
    if (!variables.telemetry_log_fd.empty()) {
        int fd = 0;
        if (take_descriptor(variables.telemetry_log_fd, fd)) {
            settings.output.fd = fd;
            settings.output.framed = true;
        } else {
            io::write_error_line({"_LAMBDA_TELEMETRY_LOG_FD is \"", variables.telemetry_log_fd,
                                  "\", which is no open descriptor; logs go to standard output"});
        }
        ::unsetenv("_LAMBDA_TELEMETRY_LOG_FD");
    } else if (!variables.telemetry_log_socket.empty()) {
        if (!become_connection(STDOUT_FILENO, variables.telemetry_log_socket) ||
            !become_connection(STDERR_FILENO, variables.telemetry_log_socket)) {
            io::write_error_line({"_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET is \"",
                                  variables.telemetry_log_socket,
                                  "\", where nobody takes connections; logs stay where they go"});
        }
    }
}

} // namespace

log_settings read_log_settings(const environment& variables) noexcept {
    log_settings read;
    read.level = parse_log_level(variables.log_level, log_level::info);
    if (is_managed(variables) || http::equal_ignoring_case(variables.log_format, "JSON"))
        read.output.format = log_format::json;
    return read;
}

const log_settings& process_log_settings(const environment& variables) noexcept {
    if (!are_settled.load(std::memory_order_acquire)) {
        ::pthread_mutex_lock(&settling);
        if (!are_settled.load(std::memory_order_relaxed)) {
            settle(variables);
            are_settled.store(true, std::memory_order_release);
        }
        ::pthread_mutex_unlock(&settling);
    }
    return settings;
}

const log_settings& process_log_settings() noexcept {
    if (are_settled.load(std::memory_order_acquire))
        return settings;
    return process_log_settings(read_environment());
}

log_output redirect_process_log(const log_output& to) noexcept {
    (void)process_log_settings(); // what the variables say must not come later
    return std::exchange(settings.output, to);
}

} // namespace spry::detail
