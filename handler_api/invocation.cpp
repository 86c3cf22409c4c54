// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/invocation.hpp>

#include <spry/handler_api/runtime_api.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/message.hpp>

#include <cstddef>
#include <cstdint>

namespace spry {

namespace {

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

const std::array<std::string_view, invocation_reader::header_count> invocation_reader::names{
    runtime_api::request_id_header,
    runtime_api::function_arn_header,
    runtime_api::trace_id_header,
    runtime_api::tenant_id_header,
    runtime_api::client_context_header,
    runtime_api::cognito_identity_header,
    "Content-Type",
    runtime_api::deadline_header};

invocation invocation_reader::read(const http::message& head, read_clock now) noexcept {
    if (head.form_number() == 0 || head.form_number() != form_) {
        find_lines(head);
        form_ = head.form_number();
    }
    const auto value = [&](header which) {
        const std::size_t line = lines_[which];
        return line == 0 ? std::string_view{} : head.header_at(line - 1).value;
    };
    invocation about;
    about.request_id = value(request_id);
    about.function_arn = value(function_arn);
    about.trace_id = value(trace_id);
    about.tenant_id = value(tenant_id);
    about.client_context = value(client_context);
    about.cognito_identity = value(cognito_identity);
    about.content_type = value(content_type);
    if (about.content_type.empty())
        about.content_type = "application/json";
    about.deadline = parse_deadline(value(deadline), now);
    return about;
}

void invocation_reader::find_lines(const http::message& head) noexcept {
    lines_ = {};
    for (std::size_t i = 0; i != head.header_count(); ++i) {
        const http::field line = head.header_at(i);
        if (line.value.empty())
            continue;
        for (std::size_t which = 0; which != header_count; ++which) {
            if (lines_[which] == 0 && http::equal_ignoring_case(line.name, names[which])) {
                lines_[which] = static_cast<std::uint16_t>(i + 1);
                break;
            }
        }
    }
}

} // namespace spry
