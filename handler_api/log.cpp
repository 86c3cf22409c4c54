// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/log.hpp>

#include <spry/core/number_text.hpp>
#include <spry/core/timestamp.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace spry {

namespace {

constexpr std::array<std::string_view, 6> level_names{"TRACE", "DEBUG", "INFO",
                                                      "WARN",  "ERROR", "FATAL"};

bool is_same_name(std::string_view text, std::string_view name) noexcept {
    if (text.size() != name.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char upper =
            text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 0x20) : text[i];
        if (upper != name[i])
            return false;
    }
    return true;
}

// One record on its way to standard output. A record that fits, as nearly all do, leaves in one
// write.
class record_writer {
public:
    void append(std::string_view text) noexcept {
        for (const char character : text)
            append(character == '\n' ? '\r' : character);
    }
    void append(char character) noexcept {
        if (used_ == buffer_.size())
            flush();
        buffer_[used_++] = character;
    }
    template <class Integer>
    void append_integer(Integer number) noexcept {
        std::array<char, 32> digits;
        const auto [end, error] =
            std::to_chars(digits.data(), digits.data() + digits.size(), number);
        append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    void flush() noexcept {
        std::size_t written = 0;
        while (written < used_) {
            const ssize_t bytes = ::write(STDOUT_FILENO, buffer_.data() + written, used_ - written);
            if (bytes < 0 && errno != EINTR)
                break; // nobody is left to tell
            if (bytes > 0)
                written += static_cast<std::size_t>(bytes);
        }
        used_ = 0;
    }

private:
    std::array<char, 4096> buffer_;
    std::size_t used_ = 0;
};

struct append_value {
    record_writer& record;

    void operator()(std::string_view text) const noexcept { record.append(text); }
    void operator()(bool value) const noexcept { record.append(value ? "true" : "false"); }
    void operator()(double value) const noexcept { record.append(number_text{value}.text()); }
    template <class Integer>
    void operator()(Integer value) const noexcept {
        record.append_integer(value);
    }
};

} // namespace

log_level parse_log_level(std::string_view name, log_level otherwise) noexcept {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (is_same_name(name, level_names[i]))
            return static_cast<log_level>(i);
    }
    return otherwise;
}

void logger::write(log_level level, std::string_view message, fields more) const noexcept {
    record_writer record;
    record.append(timestamp{std::chrono::system_clock::now()}.text());
    record.append('\t');
    record.append(request_id_);
    record.append('\t');
    record.append(level_names[static_cast<std::size_t>(level)]);
    record.append('\t');
    record.append(message);
    for (const log_field& field : more) {
        record.append('\t');
        record.append(field.name());
        record.append('=');
        std::visit(append_value{record}, field.value());
    }
    record.append('\n');
    record.flush();
}

logger process_log() noexcept {
    const char* level = std::getenv("AWS_LAMBDA_LOG_LEVEL");
    return logger{parse_log_level(level == nullptr ? std::string_view{} : level, log_level::info)};
}

} // namespace spry
