// SPDX-License-Identifier: Apache-2.0
#include <aws/lambda-runtime/runtime.h>
#include <aws/logging/logging.h>

#include <spry/core/result.hpp>
#include <spry/handler_api/detail/path_segment.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/invocation.hpp>
#include <spry/handler_api/response.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/version.hpp>
#include <spry/http/client.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/message.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/termination.hpp>

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace aws::lambda_runtime {

namespace {

using aws::http::response_code;

constexpr const char* log_tag = "LAMBDA_RUNTIME";

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view xray_cause_header = "Lambda-Runtime-Function-XRay-Error-Cause";
// One of this size or more is left out, as everybody does (runtime-contract 1.6).
constexpr std::size_t xray_cause_size_max = 1'048'576;

std::string text_of(const char* variable) {
    const char* const value = std::getenv(variable);
    return value == nullptr ? std::string{} : std::string{value};
}

} // namespace

/// What a runtime is made of, made when the first call needs it: what fails then fails that call,
/// and the next one tries again.
class runtime::connection {
public:
    connection(std::string endpoint, std::string user_agent)
        : endpoint_(std::move(endpoint)), user_agent_(std::move(user_agent)) {}

    next_outcome next();
    /// `kind` is "response" or "error" with its slash; an init error has no id.
    post_outcome post_for(std::string_view request_id, std::string_view kind,
                          const runtime_response& what, bool is_error);
    post_outcome post_init_error(const runtime_response& what);

private:
    using arrival = spry::http::arrival;

    bool is_ready();
    bool is_connected();
    void write_common_headers();
    post_outcome post(const runtime_response& what, bool is_error);
    void complain(const char* what, const spry::result<arrival>& outcome);

    std::string endpoint_;
    std::string user_agent_;
    spry::endpoint where_; // views of endpoint_
    std::unique_ptr<spry::io::event_loop> loop_;
    std::optional<spry::http::client> client_;
    spry::http::message answer_;
    spry::http::inline_head_builder head_;
};

bool runtime::connection::is_ready() {
    if (client_)
        return true;
    const spry::endpoint_parse parsed = spry::parse_endpoint(endpoint_);
    if (!parsed) {
        logging::log_error(log_tag, "\"%s\" is no endpoint: %.*s; expected host:port",
                           endpoint_.c_str(), static_cast<int>(parsed.problem.size()),
                           parsed.problem.data());
        return false;
    }
    where_ = parsed.value;
    const spry::result<spry::io::address> peer =
        spry::io::address::resolve(where_.host, where_.port);
    if (!peer) {
        logging::log_error(log_tag, "\"%s\": there is no such host", endpoint_.c_str());
        return false;
    }
    if (!loop_) {
        const std::string wanted = text_of("SPRY_IO");
        const spry::result<spry::io::backend_choice> choice =
            spry::io::parse_backend_choice(wanted);
        if (!choice) {
            logging::log_error(log_tag,
                               "SPRY_IO is \"%s\", which is no backend: use auto, uring, direct or "
                               "epoll",
                               wanted.c_str());
            return false;
        }
        spry::result<std::unique_ptr<spry::io::event_loop>> made =
            spry::io::event_loop::create(*choice);
        if (!made) {
            logging::log_error(log_tag, "no event loop: %s", made.error().message().c_str());
            return false;
        }
        loop_ = std::move(*made);
    }
    client_.emplace(*loop_, *peer);
    return true;
}

bool runtime::connection::is_connected() {
    if (!is_ready())
        return false;
    if (client_->is_connected())
        return true;
    const spry::result<> connected = client_->connect_blocking();
    if (!connected)
        logging::log_error(log_tag, "cannot connect to %s: %s", endpoint_.c_str(),
                           connected.error().message().c_str());
    return connected.has_value();
}

void runtime::connection::write_common_headers() {
    head_.append("Host: ").append(where_.authority).append(line_end);
    if (!head_.header("User-Agent", user_agent_))
        head_.known_header("User-Agent", spry::user_agent);
}

void runtime::connection::complain(const char* what, const spry::result<arrival>& outcome) {
    const std::error_code error =
        outcome ? make_error_code(spry::errc::connection_closed) : outcome.error();
    logging::log_error(log_tag, "%s: %s", what, error.message().c_str());
}

runtime::next_outcome runtime::connection::next() {
    // A connection that was kept may have died unseen, say while the process was frozen; a fresh
    // one has no such excuse.
    bool may_be_stale = client_ && client_->is_connected();
    while (true) {
        if (!is_connected())
            return response_code::REQUEST_NOT_MADE;
        head_.clear();
        head_.append("GET ").append(where_.base_path).append(spry::runtime_api::next_path);
        head_.append(" HTTP/1.1\r\n");
        write_common_headers();
        head_.end_head();
        // From here on a SIGTERM ends the receive, where run_handler has installed that.
        spry::io::termination::idle_on(client_->wire().stream().fd());
        const spry::result<arrival> outcome =
            loop_->run(client_->round_trip({head_.bytes()}, &answer_));
        // The event was whole before; its answer needs a connection that can be received from.
        if (spry::io::termination::leave_idle())
            client_->disconnect();
        if (outcome && *outcome == arrival::message)
            break;
        client_->disconnect();
        if (spry::io::termination::requested())
            return response_code::REQUEST_NOT_MADE;
        if (!std::exchange(may_be_stale, false)) {
            complain("the call for the next event broke off", outcome);
            return response_code::REQUEST_NOT_MADE;
        }
    }

    if (answer_.status() != 200) {
        logging::log_info(log_tag, "no event, but HTTP status %d", answer_.status());
        return static_cast<response_code>(answer_.status());
    }
    const spry::invocation about = spry::invocation_reader{}.read(answer_);
    if (about.request_id.empty()) {
        logging::log_error(log_tag, "an event came without a request id");
        return response_code::REQUEST_NOT_MADE;
    }
    invocation_request event;
    event.payload = answer_.text();
    event.request_id = about.request_id;
    event.xray_trace_id = about.trace_id;
    event.client_context = about.client_context;
    event.cognito_identity = about.cognito_identity;
    event.function_arn = about.function_arn;
    event.content_type = about.content_type;
    event.deadline = about.deadline.value_or(std::chrono::system_clock::time_point::max());
    event.tenant_id = about.tenant_id;
    logging::log_info(log_tag, "event %s: %zu bytes", event.request_id.c_str(),
                      event.payload.size());
    return event;
}

runtime::post_outcome runtime::connection::post_for(std::string_view request_id,
                                                    std::string_view kind,
                                                    const runtime_response& what, bool is_error) {
    if (!is_connected())
        return response_code::REQUEST_NOT_MADE;
    head_.clear();
    head_.append("POST ").append(where_.base_path);
    head_.append(spry::runtime_api::invocation_prefix);
    spry::detail::append_segment(head_, request_id);
    head_.append(kind).append(" HTTP/1.1\r\n");
    return post(what, is_error);
}

runtime::post_outcome runtime::connection::post_init_error(const runtime_response& what) {
    if (!is_connected())
        return response_code::REQUEST_NOT_MADE;
    head_.clear();
    head_.append("POST ").append(where_.base_path).append(spry::runtime_api::init_error_path);
    head_.append(" HTTP/1.1\r\n");
    return post(what, true);
}

runtime::post_outcome runtime::connection::post(const runtime_response& what, bool is_error) {
    write_common_headers();
    const std::string& type = what.get_content_type();
    if (!head_.header("Content-Type", type.empty() ? "text/html" : type)) {
        logging::log_error(log_tag, "the content type cannot be sent; sent as bytes");
        head_.known_header("Content-Type", spry::response::binary_type);
    }
    const std::string& cause = what.get_xray_response();
    if (is_error && !cause.empty() &&
        (cause.size() >= xray_cause_size_max || !head_.header(xray_cause_header, cause)))
        logging::log_error(log_tag, "the X-Ray cause cannot be sent; left out");
    const std::string& payload = what.get_payload();
    head_.content_length(payload.size()).end_head();

    const spry::result<arrival> outcome = loop_->run(
        client_->round_trip({head_.bytes(), std::as_bytes(std::span{payload})}, &answer_));
    if (!outcome || *outcome != arrival::message) {
        client_->disconnect();
        complain("the connection broke while an answer was sent; whether it arrived is unknown",
                 outcome);
        return response_code::REQUEST_NOT_MADE;
    }
    if (answer_.is_success())
        return no_result{};
    logging::log_error(log_tag, "an answer of %zu bytes was refused with HTTP status %d",
                       payload.size(), answer_.status());
    return static_cast<response_code>(answer_.status());
}

runtime::runtime(const std::string& endpoint, const std::string& user_agent)
    : connection_(new connection(endpoint, user_agent)) {}
runtime::runtime(const std::string& endpoint) : runtime(endpoint, std::string{spry::user_agent}) {}
runtime::runtime(runtime&&) noexcept = default;
runtime& runtime::operator=(runtime&&) noexcept = default;
runtime::~runtime() = default;

runtime::next_outcome runtime::get_next() {
    return connection_->next();
}

runtime::post_outcome runtime::post_success(const std::string& request_id,
                                            const invocation_response& handler_response) {
    return connection_->post_for(request_id, spry::runtime_api::response_suffix, handler_response,
                                 false);
}

runtime::post_outcome runtime::post_failure(const std::string& request_id,
                                            const invocation_response& handler_response) {
    return connection_->post_for(request_id, spry::runtime_api::error_suffix, handler_response,
                                 true);
}

runtime::post_outcome runtime::post_init_error(const runtime_response& init_error_response) {
    return connection_->post_init_error(init_error_response);
}

} // namespace aws::lambda_runtime
