// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/log.hpp>

#include <spry/core/json_escape.hpp>
#include <spry/core/number_text.hpp>
#include <spry/core/timestamp.hpp>
#include <spry/core/utf8.hpp>
#include <spry/handler_api/detail/log_settings.hpp>
#include <spry/handler_api/detail/record_writer.hpp>
#include <spry/handler_api/detail/standard_output.hpp>
#include <spry/http/headers.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>

#include <unistd.h>

namespace spry {

namespace {

using detail::record_writer;

constexpr std::array<std::string_view, 6> level_names{"TRACE", "DEBUG", "INFO",
                                                      "WARN",  "ERROR", "FATAL"};

// What one record says; views of the caller's.
struct record_content {
    timestamp when;
    log_level level;
    std::string_view request_id;
    std::string_view tenant_id;
    std::string_view message;
    std::span<const log_field> fields;

    std::string_view level_name() const noexcept {
        return level_names[static_cast<std::size_t>(level)];
    }
};

class number_digits {
public:
    explicit number_digits(std::uint64_t number, bool is_negative = false) noexcept {
        digits_[0] = '-';
        char* const first = digits_.data() + (is_negative ? 1 : 0);
        const char* const end = std::to_chars(first, digits_.data() + digits_.size(), number).ptr;
        size_ = static_cast<std::size_t>(end - digits_.data());
    }
    explicit number_digits(std::int64_t number) noexcept
        : number_digits(number < 0 ? 0 - static_cast<std::uint64_t>(number)
                                   : static_cast<std::uint64_t>(number),
                        number < 0) {}
    std::string_view text() const noexcept { return {digits_.data(), size_}; }

private:
    std::array<char, 21> digits_; // a sign and 20 digits
    std::size_t size_;
};

// What both forms write alike: everything but texts. False for those.
bool append_plain(record_writer& to, const log_field& field) noexcept {
    switch (field.what()) {
    case log_field::kind::null:
        to.append("null");
        return true;
    case log_field::kind::signed_integer:
        to.append(number_digits{field.signed_integer()}.text());
        return true;
    case log_field::kind::unsigned_integer:
        to.append(number_digits{field.unsigned_integer()}.text());
        return true;
    case log_field::kind::number:
        to.append(number_text{field.number()}.text());
        return true;
    case log_field::kind::boolean:
        to.append(field.boolean() ? "true" : "false");
        return true;
    case log_field::kind::text:
    case log_field::kind::texts:
        break;
    }
    return false;
}

// --- the text form -----------------------------------------------------------------------------

// Repaired, and in one line unless a frame holds it together.
void append_text(record_writer& to, std::string_view text, bool keeps_lines) noexcept {
    while (!text.empty()) {
        const std::string_view line = keeps_lines ? text : text.substr(0, text.find('\n'));
        const std::size_t valid = utf8::valid_length(line);
        to.append(line.substr(0, valid));
        text.remove_prefix(valid);
        if (text.empty())
            break;
        if (valid == line.size()) {
            to.append("\r");
            text.remove_prefix(1);
        } else {
            to.append(utf8::replacement);
            text.remove_prefix(utf8::front(line.substr(valid)).length);
        }
    }
}

void append_as_text(record_writer& to, const record_content& content, bool keeps_lines) noexcept {
    const auto append_field_name = [&](std::string_view name) {
        to.append("\t");
        append_text(to, name, keeps_lines);
        to.append("=");
    };
    to.append(content.when.text());
    to.append("\t");
    append_text(to, content.request_id, keeps_lines);
    to.append("\t");
    to.append(content.level_name());
    to.append("\t");
    append_text(to, content.message, keeps_lines);
    if (!content.tenant_id.empty()) {
        append_field_name("tenantId");
        append_text(to, content.tenant_id, keeps_lines);
    }
    for (const log_field& field : content.fields) {
        append_field_name(field.name());
        if (field.what() == log_field::kind::text) {
            append_text(to, field.text(), keeps_lines);
        } else if (field.what() == log_field::kind::texts) {
            for (const std::string_view& text : field.texts()) {
                if (&text != field.texts().data())
                    to.append(keeps_lines ? "\n" : "\r");
                append_text(to, text, keeps_lines);
            }
        } else {
            append_plain(to, field);
        }
    }
    to.append("\n");
}

// --- the JSON form -----------------------------------------------------------------------------

void append_string(record_writer& to, std::string_view text) noexcept {
    to.append("\"");
    json::escape_buffer buffer;
    while (!text.empty())
        to.append(json::escape_front(text, buffer));
    to.append("\"");
}

void append_value(record_writer& to, const log_field& field) noexcept {
    if (field.what() == log_field::kind::number && !std::isfinite(field.number())) {
        to.append("null");
    } else if (field.what() == log_field::kind::text) {
        append_string(to, field.text());
    } else if (field.what() == log_field::kind::texts) {
        to.append("[");
        for (const std::string_view& text : field.texts()) {
            if (&text != field.texts().data())
                to.append(",");
            append_string(to, text);
        }
        to.append("]");
    } else {
        append_plain(to, field);
    }
}

bool is_own_name(const record_content& content, std::string_view name) noexcept {
    return name == "timestamp" || name == "level" || name == "message" ||
           (name == "requestId" && !content.request_id.empty()) ||
           (name == "tenantId" && !content.tenant_id.empty());
}

// How many underscores a field's name needs behind it to be nobody else's.
std::size_t underscores_for(const record_content& content, std::string_view name) noexcept {
    if (!is_own_name(content, name))
        return 0;
    std::size_t count = 1;
    const auto is_taken = [&](const log_field& other) {
        return other.name().size() == name.size() + count && other.name().starts_with(name) &&
               other.name().find_first_not_of('_', name.size()) == std::string_view::npos;
    };
    while (std::any_of(content.fields.begin(), content.fields.end(), is_taken))
        ++count;
    return count;
}

void append_as_json(record_writer& to, const record_content& content) noexcept {
    to.append(R"({"timestamp":")");
    to.append(content.when.text());
    to.append(R"(","level":")");
    to.append(content.level_name());
    to.append(R"(","message":)");
    append_string(to, content.message);
    if (!content.request_id.empty()) {
        to.append(R"(,"requestId":)");
        append_string(to, content.request_id);
    }
    if (!content.tenant_id.empty()) {
        to.append(R"(,"tenantId":)");
        append_string(to, content.tenant_id);
    }
    for (auto field = content.fields.begin(); field != content.fields.end(); ++field) {
        const std::string_view name = field->name();
        if (std::any_of(field + 1, content.fields.end(),
                        [&](const log_field& later) { return later.name() == name; }))
            continue;
        to.append(",\"");
        json::escape_buffer buffer;
        for (std::string_view left = name; !left.empty();)
            to.append(json::escape_front(left, buffer));
        for (std::size_t left = underscores_for(content, name); left > 0; --left)
            to.append("_");
        to.append("\":");
        append_value(to, *field);
    }
    to.append("}\n");
}

} // namespace

log_level parse_log_level(std::string_view name, log_level otherwise) noexcept {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (http::equal_ignoring_case(name, level_names[i]))
            return static_cast<log_level>(i);
    }
    return otherwise;
}

void logger::write(log_level level, std::string_view message, fields more) const noexcept {
    const log_output& output =
        output_ != nullptr ? *output_ : detail::process_log_settings().output;
    // What was printed before stands before.
    if (output.fd == STDOUT_FILENO)
        detail::flush_standard_output();
    const auto now = std::chrono::system_clock::now();
    const record_content content{timestamp{now}, level,   request_id_,
                                 tenant_id_,     message, {more.begin(), more.size()}};
    record_writer record{output, level, now};
    do {
        if (output.format == log_format::json) {
            append_as_json(record, content);
        } else {
            append_as_text(record, content, output.framed);
        }
    } while (record.wants_repeat());
    record.finish();
}

logger process_log() noexcept {
    return logger{detail::process_log_settings().level};
}

} // namespace spry
