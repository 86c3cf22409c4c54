// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/time_text.hpp>

#include <array>
#include <ctime>

namespace spry::emulator {

namespace {

std::string in_utc(std::chrono::system_clock::time_point when, const char* format) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &utc)};
}

} // namespace

std::string http_date(std::chrono::system_clock::time_point when) {
    return in_utc(when, "%a, %d %b %Y %H:%M:%S GMT");
}

std::string common_log_time(std::chrono::system_clock::time_point when) {
    return in_utc(when, "%d/%b/%Y:%H:%M:%S +0000");
}

} // namespace spry::emulator
