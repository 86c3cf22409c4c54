// SPDX-License-Identifier: Apache-2.0
// Times of day in UTC as HTTP and access logs write them; core/timestamp.hpp has RFC 3339.
#pragma once

#include <chrono>
#include <string>

namespace spry::emulator {

/// "Sat, 31 Jan 2026 12:00:00 GMT" (RFC 9110 5.6.7).
std::string http_date(std::chrono::system_clock::time_point when);

/// "31/Jan/2026:12:00:00 +0000", as API Gateway's events have it.
std::string common_log_time(std::chrono::system_clock::time_point when);

} // namespace spry::emulator
