// SPDX-License-Identifier: Apache-2.0
// Logging: one line per record, in one write, to standard output, where Lambda collects it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <variant>

namespace spry {

/// The levels that the service filters by (AWS_LAMBDA_LOG_LEVEL).
enum class log_level : std::uint8_t { trace, debug, info, warn, error, fatal };

/// "TRACE" to "FATAL", in any case; `otherwise` for anything else.
log_level parse_log_level(std::string_view name, log_level otherwise) noexcept;

/// A named value of a record: `{"items", 3}`, `{"table", name}`. Borrows its text for the length of
/// the call.
class log_field {
public:
    using field_value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

    log_field(std::string_view name, std::string_view value) noexcept
        : name_(name), value_(value) {}
    log_field(std::string_view name, const char* value) noexcept
        : name_(name), value_(std::string_view{value}) {}
    log_field(std::string_view name, bool value) noexcept : name_(name), value_(value) {}
    log_field(std::string_view name, double value) noexcept : name_(name), value_(value) {}
    template <class Integer>
        requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
    log_field(std::string_view name, Integer value) noexcept
        : name_(name), value_(widened(value)) {}

    std::string_view name() const noexcept { return name_; }
    const field_value& value() const noexcept { return value_; }

private:
    template <class Integer>
    static field_value widened(Integer value) noexcept {
        if constexpr (std::is_signed_v<Integer>) {
            return static_cast<std::int64_t>(value);
        } else {
            return static_cast<std::uint64_t>(value);
        }
    }

    std::string_view name_;
    field_value value_;
};

/// Writes records at or above its level, and does nothing at all for the others. A value, cheap to
/// copy; the request id it carries stays valid as long as the invocation. Nothing is allocated; a
/// record of ordinary size is one system call.
///
/// The text form is tab-separated, one line each: time, request id, level, message, then
/// `name=value` fields. A line break inside a record becomes a carriage return, so that CloudWatch
/// keeps it in one event (runtime-contract 4.3).
class logger {
public:
    /// A logger for records outside any invocation.
    explicit logger(log_level level) noexcept : level_(level) {}
    /// A logger for one invocation.
    logger(log_level level, std::string_view request_id) noexcept
        : level_(level), request_id_(request_id) {}

    using fields = std::initializer_list<log_field>;

    void trace(std::string_view message, fields more = {}) const noexcept {
        log(log_level::trace, message, more);
    }
    void debug(std::string_view message, fields more = {}) const noexcept {
        log(log_level::debug, message, more);
    }
    void info(std::string_view message, fields more = {}) const noexcept {
        log(log_level::info, message, more);
    }
    void warn(std::string_view message, fields more = {}) const noexcept {
        log(log_level::warn, message, more);
    }
    void error(std::string_view message, fields more = {}) const noexcept {
        log(log_level::error, message, more);
    }
    void fatal(std::string_view message, fields more = {}) const noexcept {
        log(log_level::fatal, message, more);
    }

    bool is_on(log_level level) const noexcept { return level >= level_; }
    void log(log_level level, std::string_view message, fields more = {}) const noexcept {
        if (is_on(level))
            write(level, message, more);
    }

    log_level level() const noexcept { return level_; }

private:
    void write(log_level level, std::string_view message, fields more) const noexcept;

    log_level level_;
    std::string_view request_id_;
};

/// The logger of the process: what happens outside an invocation. Its level is that of
/// AWS_LAMBDA_LOG_LEVEL, INFO where the variable is unset.
logger process_log() noexcept;

} // namespace spry
