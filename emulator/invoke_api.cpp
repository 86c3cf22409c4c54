// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/invoke_api.hpp>

#include <spry/core/base64.hpp>
#include <spry/emulator/caller_check.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/event_stream.hpp>
#include <spry/emulator/event_stream_answer.hpp>
#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_table.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/response_stream.hpp>
#include <spry/emulator/send_patience.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/target.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace spry::emulator {

namespace {

// What the kernel takes of an answer even where its receiver is asleep.
constexpr std::size_t quickly_sent_bytes = 64 * 1024;

service_error too_large(std::size_t bytes_max, bool streams = false) {
    std::string message = "Request must be smaller than " + std::to_string(bytes_max);
    message += " bytes for the ";
    message += streams ? "InvokeWithResponseStream" : "InvokeFunction";
    message += " operation";
    return {413, "RequestTooLargeException", std::move(message)};
}

service_error not_admitted(dispatcher::admission why) {
    if (why == dispatcher::admission::too_many)
        return {429, "TooManyRequestsException", "Rate Exceeded."};
    return {500, "ServiceException", "The emulator is stopping."};
}

// What there is instead of an outcome; none where there is one.
std::optional<service_error> no_outcome(const function_outcome& outcome) {
    switch (outcome.what) {
    case function_outcome::kind::stopped:
        return service_error{500, "ServiceException",
                             "The emulator was stopped before the function had answered."};
    case function_outcome::kind::unavailable:
        return service_error{502, "EC2ThrottledException",
                             "No execution environment can be started: " + outcome.message + "."};
    case function_outcome::kind::expired:
        return service_error{504, "ServiceException",
                             "No execution environment became free in time."};
    default:
        return std::nullopt;
    }
}

// What a stream's last message says of an invocation that is over.
std::string details_of(const invocation& what) {
    std::string log_tail;
    if (what.wants_log_tail)
        log_tail = base64::encode(what.log_tail);
    const function_outcome& outcome = what.outcome;
    if (const std::optional<service_error> none = no_outcome(outcome))
        return complete_details(none->type, none->message, log_tail);
    if (outcome.what != function_outcome::kind::error)
        return complete_details({}, {}, log_tail);
    return complete_details(outcome.type.empty() ? "Unhandled" : std::string_view{outcome.type},
                            outcome.body, log_tail);
}

// "/a" of "http://host/a", from a client that takes us for a proxy (RFC 9112 3.2.2).
std::string_view path_behind_authority(std::string_view target) noexcept {
    const std::size_t scheme_end = target.find("://");
    if (target.starts_with('/') || scheme_end == target.npos)
        return target;
    const std::size_t path = target.find('/', scheme_end + 3);
    return path == target.npos ? "/" : target.substr(path);
}

// Of the Invoke API, and what the emulator itself has to show.
bool is_own_path(std::string_view path) noexcept {
    const std::optional<std::string_view> first = http::next_segment(path);
    return first == "2015-03-31" || first == "2021-11-15" || first == "_spry";
}

// Keeps an invocation's id taken.
class registered {
public:
    registered(std::vector<const invocation*>& in, const invocation& what) : in_(in), what_(what) {
        in_.push_back(&what);
    }
    registered(const registered&) = delete;
    registered& operator=(const registered&) = delete;
    ~registered() { std::erase(in_, &what_); }

private:
    std::vector<const invocation*>& in_;
    const invocation& what_;
};

} // namespace

struct invoke_api::background_invocation {
    background_invocation(invoke_api& in, dispatcher& by, const invocation& like)
        : owner(in),
          function(by),
          event(reinterpret_cast<const char*>(like.event.data()), like.event.size()) {
        owner.background_bytes_ += event.size();
        first.request_id = like.request_id;
        copy(like, first);
    }
    background_invocation(const background_invocation&) = delete;
    background_invocation& operator=(const background_invocation&) = delete;
    ~background_invocation() { owner.background_bytes_ -= event.size(); }

    void copy(const invocation& from, invocation& to) const {
        to.request_id = from.request_id;
        to.function_arn = from.function_arn;
        to.trace_id = from.trace_id;
        to.client_context = from.client_context;
        to.tenant_id = from.tenant_id;
        to.content_type = from.content_type;
        to.event = std::as_bytes(std::span{event});
    }

    invoke_api& owner;
    dispatcher& function;
    std::string event;
    invocation first{owner.parts_.loop};
    registered id{owner.running_, first};
};

invoke_api::invoke_api(const front_door_parts& parts) : parts_(parts), urls_(parts) {}

std::unique_ptr<front_door> make_invoke_api(const front_door_parts& parts) {
    return std::make_unique<invoke_api>(parts);
}

task<> invoke_api::handle(http::exchange& exchange) {
    const std::string_view path = path_behind_authority(exchange.path());
    if (parts_.http == http_front::alone) {
        co_await serve_url(&exchange, {}, path);
        co_return;
    }
    const std::optional<url_target> url = read_url_target(path);
    if (url) {
        co_await serve_url(&exchange, url->function, url->path);
        co_return;
    }
    if (parts_.http == http_front::beside && !is_own_path(path)) {
        co_await serve_url(&exchange, {}, path);
        co_return;
    }
    const std::string_view refusal =
        refuse_caller(caller_of(exchange), parts_.loopback_bind, parts_.allowed_hosts);
    if (!refusal.empty()) {
        service_error why{403, "AccessDeniedException", std::string{refusal}};
        co_await refuse(&exchange, std::move(why));
        co_return;
    }
    if (path == "/") {
        co_await greet(&exchange);
        co_return;
    }
    std::optional<std::string> function = invoked_function(path);
    const bool streams = !function;
    if (streams)
        function = streamed_function(path);
    if (!function) {
        service_error why{404, "UnknownOperationException",
                          "Nothing is here; invoke with POST "
                          "/2015-03-31/functions/function/invocations"};
        co_await refuse(&exchange, std::move(why));
        co_return;
    }
    if (exchange.method() != "POST") {
        exchange.add_header("Allow", "POST");
        service_error why{405, "MethodNotAllowedException", "Functions are invoked with POST."};
        co_await refuse(&exchange, std::move(why));
        co_return;
    }
    co_await invoke(&exchange, std::move(*function), streams);
}

// The first function is that of every path.
task<> invoke_api::serve_url(http::exchange* exchange, std::string_view function,
                             std::string_view path) {
    dispatcher* const to =
        function.empty() ? parts_.functions.all().front().get() : parts_.functions.find(function);
    if (to == nullptr) {
        service_error why{404, "ResourceNotFoundException",
                          "Function not found: " + std::string{function} +
                              "; there are: " + parts_.functions.names()};
        co_await refuse(exchange, std::move(why));
        co_return;
    }
    co_await urls_.handle(exchange, to, path);
}

task<> invoke_api::greet(http::exchange* exchange) {
    if (exchange->method() != "GET" && exchange->method() != "HEAD") {
        exchange->add_header("Allow", "GET, HEAD");
        service_error why{405, "MethodNotAllowedException", "This page can only be read."};
        co_await refuse(exchange, std::move(why));
        co_return;
    }
    exchange->add_header("Content-Type", "text/plain; charset=utf-8");
    constexpr std::string_view hint =
        "spry's local Lambda: POST an event to /2015-03-31/functions/function/invocations\n";
    (void)co_await exchange->respond(200, hint, parts_.give_up);
}

task<> invoke_api::invoke(http::exchange* exchange, std::string function, bool streams) {
    invoke_request request;
    std::optional<service_error> wrong =
        read_invoke_request(exchange->request(), std::move(function), &request);
    if (!wrong && streams && request.type == invocation_type::event)
        wrong = service_error{400, "InvalidParameterValueException",
                              "X-Amz-Invocation-Type must be RequestResponse or DryRun where the "
                              "response is streamed."};
    dispatcher* to = nullptr;
    if (!wrong) {
        const std::string_view name = parse_function_reference(request.function)->name;
        to = parts_.functions.find(name);
        if (to == nullptr)
            wrong = service_error{404, "ResourceNotFoundException",
                                  "Function not found: " + std::string{name} +
                                      "; there are: " + parts_.functions.names()};
    }
    if (wrong) {
        co_await refuse(exchange, std::move(*wrong));
        co_return;
    }
    const result<std::span<const std::byte>> body = co_await exchange->read_body(parts_.stop);
    if (!body) {
        if (body.error() == make_error_code(errc::body_too_large))
            co_await refuse(exchange, too_large(runtime_api::payload_size_max, streams));
        co_return;
    }

    invocation work{parts_.loop};
    work.event = *body;
    if (work.event.empty()) {
        static constexpr std::string_view no_event = "{}";
        work.event = std::as_bytes(std::span{no_event});
    }
    wrong = check_event({reinterpret_cast<const char*>(work.event.data()), work.event.size()});
    if (!wrong && request.type == invocation_type::event &&
        work.event.size() > async_event_bytes_max)
        wrong = too_large(async_event_bytes_max);
    if (!wrong && is_known_id(request.request_id))
        wrong = service_error{400, "InvalidParameterValueException",
                              "The request id " + request.request_id +
                                  " has been used: each invocation needs its own."};
    if (wrong) {
        co_await refuse(exchange, std::move(*wrong));
        co_return;
    }
    describe(exchange->request(), to->program(), request, work);
    exchange->add_header("x-amzn-RequestId", work.request_id);
    exchange->add_header("X-Amzn-Trace-Id", work.trace_id);
    if (request.type == invocation_type::dry_run) {
        co_await answer(exchange, {}, 204);
    } else if (request.type == invocation_type::event) {
        co_await run_later(exchange, to, &work);
    } else if (streams) {
        co_await run_and_stream(exchange, to, &work);
    } else {
        co_await run_and_answer(exchange, to, &work);
    }
}

bool invoke_api::is_known_id(std::string_view id) const {
    if (id.empty())
        return false;
    const auto has_id = [id](const invocation* each) { return each->request_id == id; };
    return std::any_of(running_.begin(), running_.end(), has_id) ||
           std::find(remembered_ids_.begin(), remembered_ids_.end(), id) != remembered_ids_.end();
}

// One that has been accepted, in the turn in which its id was found to be unknown. What is refused
// may be sent again under the same id.
void invoke_api::remember_id(const invocation& of) {
    if (!of.has_callers_id)
        return;
    if (remembered_ids_.size() < remembered_ids_max) {
        remembered_ids_.push_back(of.request_id);
    } else {
        remembered_ids_[oldest_id_] = of.request_id;
        oldest_id_ = (oldest_id_ + 1) % remembered_ids_max;
    }
}

void invoke_api::describe(const http::message& request, const function_program& function,
                          invoke_request& from, invocation& what) {
    what.has_callers_id = !from.request_id.empty();
    what.request_id = what.has_callers_id ? std::move(from.request_id) : make_request_id();
    const function_reference named = *parse_function_reference(from.function);
    what.function_arn = named.is_arn ? from.function : function_arn(function);
    if (!from.qualifier.empty() && !(named.is_arn && !named.qualifier.empty())) {
        what.function_arn += ':';
        what.function_arn += from.qualifier;
    }
    what.trace_id = request.header_or_empty("X-Amzn-Trace-Id");
    if (what.trace_id.empty())
        what.trace_id = make_trace_id(std::chrono::system_clock::now());
    what.tenant_id = request.header_or_empty("X-Amz-Tenant-Id");
    // What curl -d calls a form is JSON here all the same.
    what.content_type = "application/json";
    what.client_context = std::move(from.client_context);
    what.wants_log_tail = from.wants_log_tail;
    what.waits_for_end = from.wants_log_tail;
}

// False where it has been refused instead.
task<bool> invoke_api::submit(http::exchange* exchange, dispatcher* function, invocation* what) {
    const dispatcher::admission admitted = function->submit(*what);
    if (admitted == dispatcher::admission::accepted) {
        remember_id(*what);
        co_return true;
    }
    co_await refuse(exchange, not_admitted(admitted));
    co_return false;
}

// The same where there is no outcome.
task<bool> invoke_api::await_outcome(http::exchange* exchange, dispatcher* function,
                                     invocation* what) {
    co_await what->finished();
    function->finished();
    std::optional<service_error> none = no_outcome(what->outcome);
    if (!none)
        co_return true;
    co_await refuse(exchange, std::move(*none));
    co_return false;
}

task<> invoke_api::run_and_answer(http::exchange* exchange, dispatcher* function,
                                  invocation* what) {
    const bool accepted = co_await submit(exchange, function, what);
    if (!accepted)
        co_return;
    const registered id{running_, *what};
    const bool has_outcome = co_await await_outcome(exchange, function, what);
    if (!has_outcome)
        co_return;
    exchange->add_header("Content-Type", "application/json");
    exchange->add_header("X-Amz-Executed-Version", function->program().version);
    if (what->outcome.what == function_outcome::kind::error)
        exchange->add_header("X-Amz-Function-Error", "Unhandled");
    if (what->wants_log_tail)
        exchange->add_header("X-Amz-Log-Result", base64::encode(what->log_tail));
    co_await answer(exchange, what->outcome.body);
}

// A function that does not stream has its response sent as one that does.
task<> invoke_api::run_and_stream(http::exchange* exchange, dispatcher* function,
                                  invocation* what) {
    response_stream stream{parts_.loop, parts_.streaming};
    what->stream = &stream;
    const bool accepted = co_await submit(exchange, function, what);
    if (!accepted)
        co_return;
    const registered id{running_, *what};
    const bool arrives = co_await stream.started();
    if (!arrives) {
        const bool has_outcome = co_await await_outcome(exchange, function, what);
        if (!has_outcome)
            co_return;
    }
    exchange->add_header("Content-Type", event_stream_type);
    exchange->add_header("X-Amz-Executed-Version", function->program().version);
    event_stream_answer answer{*exchange, parts_.loop, parts_.give_up};
    if (arrives) {
        co_await answer.pass_on(&stream);
        co_await what->finished();
        function->finished();
    } else if (what->outcome.what == function_outcome::kind::response) {
        co_await answer.send(std::as_bytes(std::span{what->outcome.body}));
    }
    const std::string details = details_of(*what);
    co_await answer.complete(details);
}

// One that does not come to fetch its answer does not keep it for ever.
task<> invoke_api::answer(http::exchange* exchange, std::string_view body, int status) {
    if (body.size() <= quickly_sent_bytes) {
        (void)co_await exchange->respond(status, body, parts_.give_up);
        co_return;
    }
    co_await respond_patiently(exchange, status, body, &parts_.loop, parts_.give_up);
}

// The request's memory ends with its answer, so the invocation takes a copy of the event.
task<> invoke_api::run_later(http::exchange* exchange, dispatcher* function, invocation* like) {
    if (background_.running() >= async_invocations_max ||
        background_bytes_ + like->event.size() > async_bytes_max) {
        co_await refuse(exchange, not_admitted(dispatcher::admission::too_many));
        co_return;
    }
    remember_id(*like);
    background_.spawn(attempt(std::make_unique<background_invocation>(*this, *function, *like)));
    co_await answer(exchange, {}, 202);
}

task<> invoke_api::attempt(std::unique_ptr<background_invocation> later) {
    std::chrono::milliseconds delay = parts_.async_retry_delay;
    for (int tries = 1;; ++tries, delay *= 2) {
        invocation work{parts_.loop};
        later->copy(later->first, work);
        const dispatcher::admission admitted = later->function.submit(work, true);
        if (admitted != dispatcher::admission::accepted)
            co_return;
        co_await work.finished();
        later->function.finished();
        if (work.outcome.what == function_outcome::kind::response ||
            work.outcome.what == function_outcome::kind::stopped)
            co_return;
        if (tries == async_attempts_max) {
            log_given_up(work);
            co_return;
        }
        const result<> slept = co_await parts_.loop.sleep_for(delay, parts_.stop);
        if (!slept)
            co_return;
    }
}

// Nobody else learns of it: there is no queue for dead letters.
void invoke_api::log_given_up(const invocation& event) {
    std::string text = "RequestId: " + event.request_id + " Event given up after ";
    text += std::to_string(async_attempts_max);
    text += " attempts: ";
    const std::optional<service_error> none = no_outcome(event.outcome);
    text += none ? std::string_view{none->message} : "The function has failed.";
    function_log{parts_.log}.line(text, log_line::failure);
}

task<> invoke_api::refuse(http::exchange* exchange, service_error why) {
    exchange->add_header("Content-Type", "application/json");
    exchange->add_header("x-amzn-ErrorType", why.type);
    const std::string body =
        service_error_document(why.status < 500 ? "User" : "Server", why.message);
    (void)co_await exchange->respond(why.status, body, parts_.give_up);
}

task<> invoke_api::finish() {
    co_await background_.join();
}

} // namespace spry::emulator
