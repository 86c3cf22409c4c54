// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/invocation.hpp>

#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/message.hpp>

#include <cstddef>
#include <cstdint>

namespace spry {

namespace {

constexpr std::string_view content_type_header = "Content-Type";

// Below this many milliseconds (March 1973 as an epoch time) a deadline is a duration
// (runtime-contract 10).
constexpr std::int64_t epoch_milliseconds_min = 100'000'000'000;
// The first day of 2026: a deadline before it is a constant that somebody has made up.
constexpr std::int64_t epoch_milliseconds_plausible = 1'767'225'600'000;
// Far beyond any invocation's limit, and representable in every clock's duration.
constexpr std::int64_t epoch_milliseconds_max = 9'000'000'000'000;
constexpr std::size_t deadline_digits_max = 13; // of the same

// Digits alone, or -1. By hand: a library's general way costs three hundred instructions more for
// each invocation.
std::int64_t parse_milliseconds(std::string_view text) noexcept {
    if (text.empty() || text.size() > deadline_digits_max)
        return -1;
    std::int64_t number = 0;
    for (const char character : text) {
        if (character < '0' || character > '9')
            return -1;
        number = number * 10 + (character - '0');
    }
    return number;
}

} // namespace

std::optional<std::chrono::system_clock::time_point> parse_deadline(std::string_view text,
                                                                    read_clock now) noexcept {
    const std::int64_t number = parse_milliseconds(text);
    if (number <= 0 || number > epoch_milliseconds_max)
        return {};
    const std::chrono::milliseconds milliseconds{number};
    if (number < epoch_milliseconds_min)
        return now() + milliseconds;
    if (number < epoch_milliseconds_plausible)
        return {};
    return std::chrono::system_clock::time_point{milliseconds};
}

invocation read_invocation(const http::message& message, read_clock now) noexcept {
    invocation read;
    const auto take = [](std::string_view& into, const http::field& header, std::string_view name) {
        if (into.empty() && http::is_name(header.name, name))
            into = header.value;
    };
    std::string_view deadline;
    // A name's length nearly names it.
    for (std::size_t i = 0; i < message.header_count(); ++i) {
        const http::field header = message.header_at(i);
        switch (header.name.size()) {
        case content_type_header.size():
            take(read.content_type, header, content_type_header);
            break;
        case runtime_api::trace_id_header.size():
            take(read.trace_id, header, runtime_api::trace_id_header);
            break;
        case runtime_api::deadline_header.size():
            take(deadline, header, runtime_api::deadline_header);
            break;
        case runtime_api::tenant_id_header.size():
            take(read.tenant_id, header, runtime_api::tenant_id_header);
            break;
        case runtime_api::request_id_header.size():
            static_assert(runtime_api::request_id_header.size() ==
                          runtime_api::client_context_header.size());
            take(read.request_id, header, runtime_api::request_id_header);
            take(read.client_context, header, runtime_api::client_context_header);
            break;
        case runtime_api::cognito_identity_header.size():
            take(read.cognito_identity, header, runtime_api::cognito_identity_header);
            break;
        case runtime_api::function_arn_header.size():
            take(read.function_arn, header, runtime_api::function_arn_header);
            break;
        default:
            break;
        }
    }
    if (read.content_type.empty())
        read.content_type = "application/json";
    read.deadline = parse_deadline(deadline, now);
    return read;
}

} // namespace spry
