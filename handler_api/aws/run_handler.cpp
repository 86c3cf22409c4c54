// SPDX-License-Identifier: Apache-2.0
#include <aws/lambda-runtime/runtime.h>

#include <spry/handler_api/detail/crash_record.hpp>
#include <spry/handler_api/detail/standard_output.hpp>
#include <spry/handler_api/local_mode.hpp>
#include <spry/io/termination.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace aws::lambda_runtime {

namespace {

using aws::http::response_code;

constexpr int failures_max = 3;
// An emulator that has no event to give says so at once and again (runtime-contract 1.8, 204).
constexpr std::chrono::milliseconds pause_without_event{50};

// Those of runtime-contract 8.5, 5 that leave no record otherwise.
constexpr std::array more_signals{SIGQUIT, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};

struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

// main's arguments, which run_handler is not given: the kernel keeps them, each with a NUL behind.
std::vector<std::string> own_arguments() {
    std::vector<std::string> arguments;
    const std::unique_ptr<std::FILE, file_closer> file{std::fopen("/proc/self/cmdline", "rb")};
    if (!file)
        return arguments;
    std::string argument;
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) {
        if (c != 0) {
            argument += static_cast<char>(c);
        } else {
            arguments.push_back(std::move(argument));
            argument.clear();
        }
    }
    return arguments;
}

void run_locally() {
    std::vector<std::string> arguments = own_arguments();
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    spry::detail::run_without_runtime_api(static_cast<int>(arguments.size()), argv.data());
}

// Neither a failure nor an event.
bool is_pause(response_code code) {
    return code == response_code::NO_CONTENT || code == response_code::REQUEST_TIMEOUT;
}

// The caller has been told; the process and its connection are as good as before.
bool ends_the_invocation_only(response_code code) {
    return code == response_code::BAD_REQUEST || code == response_code::GONE ||
           code == response_code::REQUEST_ENTITY_TOO_LARGE;
}

} // namespace

void run_handler(const std::function<invocation_response(const invocation_request&)>& handler) {
    const char* const endpoint = std::getenv("AWS_LAMBDA_RUNTIME_API");
    if (endpoint == nullptr || *endpoint == '\0')
        return run_locally();

    spry::detail::install_crash_records({"Stack trace (most recent call last):\n", more_signals});
    spry::detail::invocation_in_hand in_hand;
    spry::io::termination::install();
    runtime api{endpoint};
    for (int failures = 0; failures < failures_max;) {
        spry::detail::flush_standard_output();
        if (spry::io::termination::requested())
            return;
        const runtime::next_outcome next = api.get_next();
        if (!next.is_success()) {
            if (!is_pause(next.get_failure()))
                ++failures;
            else if (next.get_failure() == response_code::NO_CONTENT)
                std::this_thread::sleep_for(pause_without_event);
            continue;
        }
        failures = 0;
        const invocation_request& event = next.get_result();
        in_hand.set(event.request_id);
        const invocation_response answer = handler(event);
        in_hand.set({});
        const runtime::post_outcome posted = answer.is_success()
                                                 ? api.post_success(event.request_id, answer)
                                                 : api.post_failure(event.request_id, answer);
        if (!posted.is_success() && !ends_the_invocation_only(posted.get_failure()))
            return;
    }
}

} // namespace aws::lambda_runtime
