// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/invocation.hpp>

#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/message.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace spry {

namespace {

// Below this many milliseconds (March 1973 as an epoch time) a deadline is a duration
// (runtime-contract 10).
constexpr std::int64_t epoch_milliseconds_min = 100'000'000'000;
// Far beyond any invocation's limit, and representable in every clock's duration.
constexpr std::int64_t epoch_milliseconds_max = 9'000'000'000'000;

} // namespace

std::optional<std::chrono::system_clock::time_point>
parse_deadline(std::string_view text, std::chrono::system_clock::time_point now) noexcept {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [behind, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || behind != end || number <= 0 || number > epoch_milliseconds_max)
        return {};
    const std::chrono::milliseconds milliseconds{number};
    if (number < epoch_milliseconds_min)
        return now + milliseconds;
    const std::chrono::system_clock::time_point deadline{milliseconds};
    if (deadline <= now)
        return {};
    return deadline;
}

invocation read_invocation(const http::message& message,
                           std::chrono::system_clock::time_point now) noexcept {
    invocation read;
    std::string_view deadline;
    const auto take = [](std::string_view& into, std::string_view value) {
        if (into.empty())
            into = value;
    };
    for (std::size_t i = 0; i < message.header_count(); ++i) {
        const http::field header = message.header_at(i);
        const auto is = [&](std::string_view name) {
            return header.name.size() == name.size() &&
                   http::equal_ignoring_case(header.name, name);
        };
        if (is(runtime_api::request_id_header)) {
            take(read.request_id, header.value);
        } else if (is(runtime_api::deadline_header)) {
            take(deadline, header.value);
        } else if (is(runtime_api::function_arn_header)) {
            take(read.function_arn, header.value);
        } else if (is(runtime_api::trace_id_header)) {
            take(read.trace_id, header.value);
        } else if (is(runtime_api::tenant_id_header)) {
            take(read.tenant_id, header.value);
        } else if (is(runtime_api::client_context_header)) {
            take(read.client_context, header.value);
        } else if (is(runtime_api::cognito_identity_header)) {
            take(read.cognito_identity, header.value);
        } else if (is("Content-Type")) {
            take(read.content_type, header.value);
        }
    }
    if (read.content_type.empty())
        read.content_type = "application/json";
    read.deadline = parse_deadline(deadline, now);
    return read;
}

} // namespace spry
