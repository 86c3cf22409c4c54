// SPDX-License-Identifier: Apache-2.0
// invocation: what the Runtime API says about one event, read from the headers of its answer.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spry {

namespace http {
class message;
}

/// The headers of runtime-contract 1.3. Views into the received message; an absent or empty header
/// is an empty view.
struct invocation {
    std::string_view request_id;
    std::string_view function_arn;
    std::string_view trace_id;
    std::string_view tenant_id;
    std::string_view client_context;
    std::string_view cognito_identity;
    std::string_view content_type;
    std::optional<std::chrono::system_clock::time_point> deadline;
};

/// The wall clock. Read only where that is needed: the first reading of a process costs two page
/// faults.
using read_clock = std::chrono::system_clock::time_point (*)() noexcept;

/// Reads them from one event's head after the other. Names are compared in a head of another form
/// (http/head_form.hpp) than the last one; in those behind it the values are taken from the same
/// lines.
class invocation_reader {
public:
    /// Of several headers with one name the first that has a value counts.
    invocation read(const http::message& head,
                    read_clock now = std::chrono::system_clock::now) noexcept;

private:
    enum header : std::uint8_t {
        request_id,
        function_arn,
        trace_id,
        tenant_id,
        client_context,
        cognito_identity,
        content_type,
        deadline,
        header_count
    };
    static const std::array<std::string_view, header_count> names;

    void find_lines(const http::message& head) noexcept;

    std::array<std::uint16_t, header_count> lines_{}; // counted from 1; 0: there is none
    std::uint32_t form_ = 0;
};

/// The deadline header's value: epoch milliseconds; a small number is a duration from `now`, as
/// some emulators send it. None for what is absent, not a number, or before 2026: a deadline that
/// no invocation can have is unknown, not missed.
std::optional<std::chrono::system_clock::time_point>
parse_deadline(std::string_view text, read_clock now = std::chrono::system_clock::now) noexcept;

} // namespace spry
