// SPDX-License-Identifier: Apache-2.0
#include <aws/logging/logging.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace aws::logging {

namespace {

const char* prefix_of(verbosity v) {
    switch (v) {
    case verbosity::error:
        return "[ERROR]";
    case verbosity::info:
        return "[INFO]";
    case verbosity::debug:
        return "[DEBUG]";
    }
    return "[?]";
}

// Behind what the line has.
void append_formatted(std::string& line, const char* format, va_list args) {
    va_list again;
    va_copy(again, args);
    const int size = std::vsnprintf(nullptr, 0, format, again);
    va_end(again);
    if (size < 0)
        return;
    const std::size_t before = line.size();
    line.resize(before + static_cast<std::size_t>(size) + 1); // vsnprintf ends it with NUL
    std::vsnprintf(line.data() + before, static_cast<std::size_t>(size) + 1, format, args);
    line.pop_back();
}

} // namespace

void log(verbosity v, const char* tag, const char* msg, va_list args) {
    const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    std::string line{prefix_of(v)};
    line.append(" [").append(std::to_string(since_epoch.count())).append("] ");
    line.append(tag == nullptr ? "" : tag).append(" ");
    append_formatted(line, msg == nullptr ? "" : msg, args);
    line.append("\n");
    // Through stdio, since the user's own printf may have left something there.
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
}

} // namespace aws::logging
