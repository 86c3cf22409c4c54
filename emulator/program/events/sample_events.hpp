// SPDX-License-Identifier: Apache-2.0
// Sample events: what the services that invoke functions send them.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spry::emulator {

struct sample_event {
    std::string_view name;  ///< "sqs", "s3-restore"
    std::string_view about; ///< who sends it and when, in one line
    std::string_view text;  ///< a template (event_template.hpp) of JSON
};

/// All of them, those of one service behind each other.
std::span<const sample_event> sample_events() noexcept;

/// What an event is made for.
struct event_origin {
    std::string region = "us-east-1";
    std::chrono::system_clock::time_point now;
};

/// The event as JSON on several lines, its times at `origin.now` and its ids new. None where there
/// is no event of this name.
std::optional<std::string> make_sample_event(std::string_view name, const event_origin& origin);

bool is_sample_event(std::string_view name) noexcept;
/// What to say where there is none of this name.
std::string no_such_event(std::string_view name);

/// One line for each event, its name and what it is.
std::string list_sample_events();

} // namespace spry::emulator
