// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/testing/tested_function.hpp>

#include <spry/core/arena.hpp>
#include <spry/core/assert.hpp>
#include <spry/core/base64.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/result.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/testing/detail/memory_file.hpp>
#include <spry/emulator/testing/detail/runtime_api_script.hpp>
#include <spry/emulator/testing/detail/scripted_runtime_api.hpp>
#include <spry/emulator/testing/detail/scripted_worker.hpp>
#include <spry/handler_api/log_redirection.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include <array>
#include <cstddef>
#include <stdexcept>

namespace spry::testing {

namespace {

// 2030-01-01T00:00:00Z: of the deadlines that a client believes in, and the same in each run.
constexpr std::chrono::system_clock::time_point wall_beginning{std::chrono::seconds{1'893'456'000}};

// Members that name an error in its document.
struct named_error {
    std::string errorType;
    std::string errorMessage;
};
SPRY_JSON(named_error, errorType, errorMessage)

class redirected_log {
public:
    explicit redirected_log(log_format format)
        : before_(spry::detail::redirect_process_log({.fd = file_.fd(), .format = format})) {}
    redirected_log(const redirected_log&) = delete;
    redirected_log& operator=(const redirected_log&) = delete;
    ~redirected_log() { (void)spry::detail::redirect_process_log(before_); }

    std::string text() const { return file_.text(); }

private:
    memory_file file_;
    log_output before_;
};

// A header of the event's answer; nothing where there is no value. What cannot be sent is the
// test's mistake.
void add_header(std::string& to, std::string_view name, std::string_view value) {
    if (value.empty())
        return;
    if (!http::is_field_value(value))
        throw std::invalid_argument("a call's " + std::string{name} +
                                    " cannot be sent: " + std::string{value});
    to.append(name).append(": ").append(value).append("\r\n");
}

std::string headers_of(const call& about, io::event_loop& loop) {
    std::string headers;
    add_header(headers, runtime_api::request_id_header, about.request_id);
    add_header(headers, runtime_api::function_arn_header, about.function_arn);
    add_header(headers, runtime_api::trace_id_header, about.trace_id);
    add_header(headers, runtime_api::tenant_id_header, about.tenant_id);
    add_header(headers, runtime_api::client_context_header, about.client_context);
    add_header(headers, runtime_api::cognito_identity_header, about.cognito_identity);
    add_header(headers, "Content-Type", about.content_type);
    if (about.timeout) {
        const auto deadline = std::chrono::ceil<std::chrono::milliseconds>(
            loop.wall_time().time_since_epoch() + *about.timeout);
        add_header(headers, runtime_api::deadline_header, std::to_string(deadline.count()));
    }
    return headers;
}

void take_error(outcome& into, std::string document) {
    into.failed = true;
    into.error_document = std::move(document);
    std::string padded = into.error_document;
    padded.append(json::padding, ' ');
    json::reader reader;
    arena memory;
    const result<named_error> read = reader.read<named_error>(
        std::string_view{padded}.substr(0, into.error_document.size()), memory);
    SPRY_ASSERT(read);
    into.error_type = read->errorType;
    into.error_message = read->errorMessage;
}

void take_stream(outcome& into, const recorded_request& posted) {
    into.is_stream = true;
    into.chunks = posted.chunks;
    // A prelude and its end are chunks of their own.
    if (into.content_type == emulator::prelude_type && into.chunks.size() >= 2 &&
        into.chunks[1] == emulator::prelude_end) {
        into.prelude = into.chunks.front();
        into.chunks.erase(into.chunks.begin(), into.chunks.begin() + 2);
    }
    for (const std::string& chunk : into.chunks)
        into.body += chunk;
    const std::string error = posted.trailer(runtime_api::error_body_header);
    if (!error.empty())
        take_error(into, base64::decode(error).value());
}

void take_answer(outcome& into, const recorded_request& posted) {
    if (posted.start_line.find(runtime_api::error_suffix) != std::string::npos) {
        take_error(into, posted.body);
        return;
    }
    into.content_type = posted.header("Content-Type");
    if (posted.header("Transfer-Encoding") == "chunked")
        take_stream(into, posted);
    else
        into.body = posted.body;
}

// As the service says it.
void time_out(outcome& into, std::chrono::milliseconds timeout) {
    into.timed_out = true;
    into.failed = true;
    into.error_type = "Sandbox.Timedout";
    into.error_message = "Task timed out after " + emulator::seconds_text(timeout) + " seconds";
    if (!into.is_stream)
        into.body.clear();
}

} // namespace

tested_function::tested_function(std::unique_ptr<function> handler, const function_settings& how)
    : handler_(std::move(handler)), how_(how) {
    io::testing::script made_up;
    made_up.wall_begins = wall_beginning;
    loop_ = io::testing::make_scripted_loop(made_up);
}

tested_function::~tested_function() = default;

outcome tested_function::invoke(std::string_view event, const call& about) {
    if (about.request_id.empty())
        throw std::invalid_argument("a call has a request id");
    const std::string given = answer(200, headers_of(about, *loop_), event);
    const worker_settings how{how_.environment,
                              how_.level,
                              {how_.on_invocation_start, how_.on_invocation_end, how_.stop_margin}};
    outcome ended;
    const redirected_log log{how_.format};
    const io::time_point before = loop_->now();
    {
        scripted_runtime_api service{*loop_, {{given}, {accepted_answer()}}};
        (void)loop_->run(run_worker(&service, loop_.get(), handler_.get(), &how));
        ended.took = loop_->now() - before;
        // GET next, the answer, and GET next again, which ends the worker.
        SPRY_ASSERT(service.requests().size() == 3);
        take_answer(ended, service.requests()[1]);
    }
    ended.log = log.text();
    // The worker's last word, that there are no more events, is not of the invocation.
    ended.log.erase(ended.log.rfind('\n', ended.log.size() - 2) + 1);
    if (about.timeout && ended.took > *about.timeout)
        time_out(ended, *about.timeout);
    return ended;
}

} // namespace spry::testing
