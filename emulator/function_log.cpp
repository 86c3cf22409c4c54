// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/function_log.hpp>

namespace spry::emulator {

namespace {

// A number of hundredths. By hand: printf's floating point is 10 KiB in a static binary.
std::string hundredths_text(std::int64_t hundredths) {
    std::string text = std::to_string(hundredths / 100);
    text += '.';
    text += static_cast<char>('0' + hundredths / 10 % 10);
    text += static_cast<char>('0' + hundredths % 10);
    return text;
}

} // namespace

void function_log::line(std::string_view text, log_line kind) {
    const log_colours* const colours = to_.colours();
    std::string whole;
    whole.reserve(text.size() + 16);
    if (colours != nullptr)
        whole += kind == log_line::failure ? colours->failure : colours->service;
    whole += text;
    if (colours != nullptr)
        whole += colours->plain;
    whole += '\n';
    to_.write(whole);
    tail_.append(text);
    tail_.append("\n");
}

void function_log::lines(std::string_view text) {
    to_.write(text);
    tail_.append(text);
}

std::string milliseconds_text(std::chrono::nanoseconds duration) {
    return hundredths_text((duration.count() + 5'000) / 10'000);
}

std::string seconds_text(std::chrono::nanoseconds duration) {
    return hundredths_text((duration.count() + 5'000'000) / 10'000'000);
}

std::int64_t billed_milliseconds(const invocation_report& of) noexcept {
    return (of.duration.count() + 999'999) / 1'000'000;
}

std::uint64_t max_memory_used_mib(const invocation_report& of) noexcept {
    return (*of.max_memory_used_kib + 1023) / 1024;
}

std::string report_line(std::string_view request_id, const invocation_report& report) {
    std::string line = "REPORT RequestId: ";
    line += request_id;
    line += '\t';
    if (report.init_duration) {
        line += "Init Duration: ";
        line += milliseconds_text(*report.init_duration);
        line += " ms\t";
    }
    line += "Duration: ";
    line += milliseconds_text(report.duration);
    line += " ms\tBilled Duration: ";
    line += std::to_string(billed_milliseconds(report));
    line += " ms\tMemory Size: ";
    line += std::to_string(report.memory_size_mib);
    line += " MB\t";
    if (report.max_memory_used_kib) {
        line += "Max Memory Used: ";
        line += std::to_string(max_memory_used_mib(report));
        line += " MB\t";
    }
    if (!report.status.empty()) {
        line += "Status: ";
        line += report.status;
        line += '\t';
    }
    if (!report.error_type.empty()) {
        line += "Error Type: ";
        line += report.error_type;
        line += '\t';
    }
    return line;
}

} // namespace spry::emulator
