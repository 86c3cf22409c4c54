// SPDX-License-Identifier: Apache-2.0
// The status page's HTML, made from what there is to see.
#pragma once

#include <spry/emulator/function_table.hpp>
#include <spry/emulator/program/page/invocation_record.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What is under these paths; the page itself may also be at "/".
inline constexpr std::string_view page_path = "/_spry/";
inline constexpr std::string_view invocations_path = "/_spry/invocations/"; ///< and the number
inline constexpr std::string_view changes_path = "/_spry/changes";          ///< ?since=VERSION
inline constexpr std::string_view send_path = "/_spry/send";                ///< POST

/// What all pages have in common.
struct page_frame {
    std::string_view home;  ///< the path of the status page
    std::string_view nonce; ///< of its style and script, in the Content-Security-Policy too
    std::uint64_t version;  ///< of the record that it shows
};

/// What stands in the form.
struct form_content {
    std::string function; ///< its name; empty: the first
    std::string sample;   ///< the sample event's name, or empty
    std::string event = "{}\n";
    std::string problem; ///< why it was not sent, as a sentence; empty: nothing
};

/// The functions, their environments and queues, the last invocations, and the form, which says
/// `token`.
std::string status_page_html(const page_frame& frame, const function_table& functions,
                             const invocation_record& record, const form_content& form,
                             std::string_view token, io::time_point now);

/// One invocation with its event, answer and log.
std::string invocation_html(const page_frame& frame, const recorded_invocation& of,
                            io::time_point now);

/// A page that says why there is no other.
std::string refusal_html(const page_frame& frame, std::string_view title, std::string_view why);

/// "850 ms", "12.3 s", "4 min", "3 h 5 min".
std::string duration_text(std::chrono::nanoseconds duration);

} // namespace spry::emulator
