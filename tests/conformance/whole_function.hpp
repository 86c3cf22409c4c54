// SPDX-License-Identifier: Apache-2.0
// A function against a Runtime API that follows a script: what it asks, what it logs, and the exit
// code of its process. As a whole, as `main` starts it, over real sockets; or its one worker over a
// network and in a time that are made up.
#pragma once

#include <spry/handler_api/function.hpp>
#include <spry/handler_api/run.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/captured_output.hpp"
#include "support/fake_runtime_api.hpp"

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spry::tests {

inline constexpr std::string_view next_line = "GET /2018-06-01/runtime/invocation/next HTTP/1.1";

inline std::string response_line(std::string_view id) {
    return "POST /2018-06-01/runtime/invocation/" + std::string{id} + "/response HTTP/1.1";
}
inline std::string error_line(std::string_view id) {
    return "POST /2018-06-01/runtime/invocation/" + std::string{id} + "/error HTTP/1.1";
}

/// A variable of the environment for the length of a scope.
class variable {
public:
    variable(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { ::unsetenv(name_); }

private:
    const char* name_;
};

struct ended {
    int exit_code = -1;
    std::vector<testing::recorded_request> requests;
    std::string log;
    io::clock::duration took{}; ///< of a made-up time

    std::vector<std::string> lines() const;
    std::size_t logs(std::string_view phrase) const; ///< how often
};

struct setting {
    std::string backend = "auto"; ///< SPRY_IO
    bool pipelines = false;
    std::string before = {}; ///< of AWS_LAMBDA_RUNTIME_API, around host:port
    std::string behind = {};
    std::string host = {}; ///< instead of 127.0.0.1 or [::1]
    bool is_ipv6 = false;
    task<> (*init)() = nullptr;
};

/// The script ends with 403 for the next event, hence exit code 1 where nothing else has ended the
/// process before.
template <class Handler>
ended run_function(std::vector<testing::script_step> script, Handler handler,
                   const setting& with = {}) {
    testing::fake_runtime_api api{std::move(script), with.is_ipv6};
    const std::string where =
        with.host.empty() ? api.address() : with.host + ":" + std::to_string(api.port());
    const variable runtime_api{"AWS_LAMBDA_RUNTIME_API", with.before + where + with.behind};
    const variable backend{"SPRY_IO", with.backend};
    const variable pipeline{"SPRY_PIPELINE", with.pipelines ? "1" : ""};
    ended outcome;
    captured_output log;
    std::string program = "function";
    char* arguments[] = {program.data(), nullptr};
    outcome.exit_code =
        run(1, arguments, {{"f", std::move(handler)}}, run_options{.init = with.init});
    outcome.log = log.finish();
    outcome.requests = api.finish();
    return outcome;
}

/// The same script and the same outcome, but for what only `run` does, over a scripted network.
ended simulate_function(std::vector<testing::script_step> script, const function& handler,
                        const io::testing::script& network = {});

} // namespace spry::tests
