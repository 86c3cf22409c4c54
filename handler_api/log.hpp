// SPDX-License-Identifier: Apache-2.0
// Logging: one record, one write, to where Lambda collects it, in the form that it asks for
// (runtime-contract 4.1, 4.3 and 5).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

namespace spry {

/// The levels that the service filters by (AWS_LAMBDA_LOG_LEVEL).
enum class log_level : std::uint8_t { trace, debug, info, warn, error, fatal };

/// "TRACE" to "FATAL", in any case; `otherwise` for anything else.
log_level parse_log_level(std::string_view name, log_level otherwise) noexcept;

/// What a record looks like (AWS_LAMBDA_LOG_FORMAT):
///
/// - text: tab-separated, one line: time, request id, level, message, then `name=value` for the
///   tenant and each field. A line break inside becomes a carriage return, so that CloudWatch keeps
///   the record in one event.
/// - json: one object, one line: timestamp, level, message, requestId and tenantId where known,
/// then
///   each field, a number as a number. Every control byte is escaped. Of several fields with one
///   name the last is written; a field whose name the record itself uses gets underscores behind
///   it, as many as make it unique ("level" becomes "level_").
///
/// In both, what is not UTF-8 is replaced by U+FFFD.
enum class log_format : std::uint8_t { text, json };

/// Where records go, and how.
struct log_output {
    int fd = 1;
    log_format format = log_format::text;
    bool framed = false; ///< each behind a header of 16 bytes, line breaks as they are (4.3)
};

/// A named value of a record: `{"items", 3}`, `{"table", name}`. Borrows its text for the length of
/// the call.
class log_field {
public:
    enum class kind : std::uint8_t {
        null,
        text,
        texts,
        signed_integer,
        unsigned_integer,
        number,
        boolean
    };

    log_field(std::string_view name, std::string_view value) noexcept
        : name_(name), text_(value), kind_(kind::text) {}
    /// A null pointer is null.
    log_field(std::string_view name, const char* value) noexcept : name_(name), kind_(kind::null) {
        if (value != nullptr) {
            text_ = value;
            kind_ = kind::text;
        }
    }
    /// A list, as of the frames of a stack.
    log_field(std::string_view name, std::span<const std::string_view> value) noexcept
        : name_(name), texts_(value), kind_(kind::texts) {}
    log_field(std::string_view name, std::same_as<bool> auto value) noexcept
        : name_(name), boolean_(value), kind_(kind::boolean) {}
    /// JSON has no NaN and no infinities: they are null there.
    log_field(std::string_view name, std::floating_point auto value) noexcept
        : name_(name), number_(static_cast<double>(value)), kind_(kind::number) {}
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool>)
    log_field(std::string_view name, Integer value) noexcept : name_(name) {
        if constexpr (std::is_signed_v<Integer>) {
            signed_ = value;
            kind_ = kind::signed_integer;
        } else {
            unsigned_ = value;
            kind_ = kind::unsigned_integer;
        }
    }

    std::string_view name() const noexcept { return name_; }
    kind what() const noexcept { return kind_; }

    // The value; which of them it is, `what` says.
    std::string_view text() const noexcept { return text_; }
    std::span<const std::string_view> texts() const noexcept { return texts_; }
    std::int64_t signed_integer() const noexcept { return signed_; }
    std::uint64_t unsigned_integer() const noexcept { return unsigned_; }
    double number() const noexcept { return number_; }
    bool boolean() const noexcept { return boolean_; }

private:
    std::string_view name_;
    union {
        std::string_view text_;
        std::span<const std::string_view> texts_;
        std::int64_t signed_;
        std::uint64_t unsigned_;
        double number_;
        bool boolean_;
    };
    kind kind_;
};

/// Writes records at or above its level. A value, cheap to copy; the ids it carries stay valid as
/// long as the invocation. Allocates nothing. Records of all loggers of the process are written one
/// after the other, each whole, whatever its size and on whatever thread; one of up to 4 KiB is one
/// system call. What was printed through stdio before is written before.
///
/// Where the level is off, a call is one comparison; its arguments are the caller's, so a field
/// that is dear to compute belongs in a callable, which runs only where the level is on:
///
///     log.debug("cached", {{"entries", cache.size()}});
///     log.debug([&](const auto& write) { write("cached", {{"digest", digest_of(cache)}}); });
class logger {
public:
    using fields = std::initializer_list<log_field>;

    /// `request_id` and `tenant_id`: of the invocation that the records belong to, if any. `output`
    /// outlives the logger; null is the process's, as Lambda's variables have it.
    constexpr explicit logger(log_level level, std::string_view request_id = {},
                              std::string_view tenant_id = {},
                              const log_output* output = nullptr) noexcept
        : level_(level), request_id_(request_id), tenant_id_(tenant_id), output_(output) {}

    /// Given to a callable: writes one record.
    class record {
    public:
        void operator()(std::string_view message, fields more = {}) const noexcept {
            to_.write(level_, message, more);
        }

    private:
        friend class logger;
        record(const logger& to, log_level level) noexcept : to_(to), level_(level) {}

        const logger& to_;
        log_level level_;
    };

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
    void trace(const std::invocable<const record&> auto& make) const {
        log(log_level::trace, make);
    }
    void debug(const std::invocable<const record&> auto& make) const {
        log(log_level::debug, make);
    }
    void info(const std::invocable<const record&> auto& make) const { log(log_level::info, make); }

    bool is_on(log_level level) const noexcept { return level >= level_; }
    void log(log_level level, std::string_view message, fields more = {}) const noexcept {
        if (is_on(level))
            write(level, message, more);
    }
    void log(log_level level, const std::invocable<const record&> auto& make) const {
        if (is_on(level))
            call(level, make);
    }

    log_level level() const noexcept { return level_; }

private:
    // Out of line, for the caller's frame to stay what it is without the record.
    template <class Make>
    [[gnu::noinline]] void call(log_level level, const Make& make) const {
        make(record{*this, level});
    }
    void write(log_level level, std::string_view message, fields more) const noexcept;

    log_level level_;
    std::string_view request_id_;
    std::string_view tenant_id_;
    const log_output* output_;
};

/// The logger of the process: what happens outside an invocation. Level and output are those of
/// Lambda's variables, read once, when the first is asked for: INFO and text where they are unset.
logger process_log() noexcept;

} // namespace spry
